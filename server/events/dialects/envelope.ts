import { jsonOf } from '../../common/json.ts';
import { JsonSplitter } from '../json/json-splitter.ts';
import { isFlaw, isMisread, readJsonText, type Flaw } from '../json/json-text.ts';
import { scanMembers, type Span } from '../json/members.ts';
import { MalformedBody } from '../json/splitter.ts';

/** What a client sends: some messages, and around them, or in them, the key that they come with. */
export interface Envelope {
  /** Found without parsing anything else, because the body may be anybody's. */
  readonly key: () => string | undefined;
  /** A JSON array with the exact texts of the messages, or why there is none. */
  readonly messages: () => Buffer | Flaw;
}

const BATCH = 'batch';
/** Of what is around the messages; whoever sends more has no key in it. */
const MAX_DEPTH = 100;
/** In so many messages of an array the key is looked for. */
const MAX_WITHOUT_KEY = 100;

/**
 * Opens the body of a client's request: `{"batch": [message, …], …}`, `[message, …]`, or a message alone. What is in a
 * message is not looked at, except for the key, in the first that has one.
 * @param keyPaths where a key may be: in the envelope, or in the message where there is none around it
 */
export function openEnvelope(body: Buffer, keyPaths: readonly string[]): Envelope | Flaw {
  const text = body.toString().replace(/^\uFEFF/, '');
  if (isMisread(text, body)) return malformed('received bytes that are not UTF-8, expected JSON in UTF-8');
  if (text.trimStart().startsWith('[')) {
    return { key: () => keyInside(text, keyPaths), messages: () => Buffer.from(text) };
  }
  const span = memberOf(text, BATCH, Infinity);
  if (span === undefined || text[span.from] !== '[') {
    return { key: () => keyIn(text, keyPaths), messages: () => single(text) };
  }
  const around = `${text.slice(0, span.from)}[]${text.slice(span.to)}`;
  const messages = () => flawOf(around) ?? Buffer.from(text.slice(span.from, span.to));
  return { key: () => keyIn(around, keyPaths), messages };
}

function flawOf(around: string): Flaw | undefined {
  const read = readJsonText(Buffer.from(around), { names: new Set([BATCH]), maxDepth: MAX_DEPTH });
  return isFlaw(read) ? { ...read, reason: 'malformed' } : undefined;
}

function single(text: string): Buffer | Flaw {
  const read = readJsonText(Buffer.from(text), { names: new Set(), maxDepth: MAX_DEPTH });
  // Too deep is for the message to say.
  return isFlaw(read) && read.reason === 'malformed' ? read : Buffer.from(`[${text}]`);
}

function keyInside(text: string, keyPaths: readonly string[]): string | undefined {
  let without = 0;
  try {
    for (const message of messagesOf(Buffer.from(text))) {
      const key = keyIn(message.toString(), keyPaths);
      without += 1;
      if (key !== undefined || without === MAX_WITHOUT_KEY) return key;
    }
    return undefined;
  } catch (error) {
    if (error instanceof MalformedBody) return undefined;
    throw error;
  }
}

const PIECE_BYTES = 4096;

/** Of an array, piece by piece: it may have millions, and the first is nearly always enough. */
function* messagesOf(array: Buffer): Generator<Buffer> {
  const splitter = new JsonSplitter();
  for (let at = 0; at < array.length; at += PIECE_BYTES) yield* splitter.push(array.subarray(at, at + PIECE_BYTES));
}

function keyIn(message: string, keyPaths: readonly string[]): string | undefined {
  for (const path of keyPaths) {
    const key = keyAt(message, path);
    if (key !== undefined) return key;
  }
  return undefined;
}

function keyAt(message: string, path: string): string | undefined {
  let text = message;
  for (const name of path.split('.')) {
    const span = memberOf(text, name, MAX_DEPTH);
    if (span === undefined) return undefined;
    text = text.slice(span.from, span.to);
  }
  const key = text.startsWith('"') ? jsonOf(text) : undefined;
  return typeof key === 'string' && key !== '' ? key : undefined;
}

/** Where the value of a member is in the text of an object. */
function memberOf(text: string, name: string, maxDepth: number): Span | undefined {
  return text.trimStart().startsWith('{') ? scanMembers(text, new Set([name]), maxDepth, name).span : undefined;
}

function malformed(message: string): Flaw {
  return { reason: 'malformed', errors: [{ path: '', message }] };
}
