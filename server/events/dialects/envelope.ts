import { JsonSplitter } from '../json/json-splitter.ts';
import { isFlaw, isMisread, readJsonText, type Flaw } from '../json/json-text.ts';
import { scanMembers } from '../json/members.ts';
import { MalformedBody } from '../json/splitter.ts';
import { valueAt } from './mapping.ts';

/** What a client sends: some messages, and around them, or in them, the key that they come with. */
export interface Envelope {
  /** A JSON array with the exact texts of the messages. */
  readonly messages: Buffer;
  readonly key: string | undefined;
}

const BATCH = 'batch';
/** Of what is around the messages; whoever sends more has no key in it. */
const MAX_DEPTH = 100;

/**
 * Opens the body of a client's request: `{"batch": [message, …], …}`, `[message, …]`, or a message alone. What is in a
 * message is not looked at, except for the key, in the first that can be read.
 * @param keyPaths where a key may be: in the envelope, or in the message where there is none around it
 */
export function openEnvelope(body: Buffer, keyPaths: readonly string[]): Envelope | Flaw {
  const text = body.toString().replace(/^\uFEFF/, '');
  if (isMisread(text, body)) return malformed('received bytes that are not UTF-8, expected JSON in UTF-8');
  const [first] = text.trimStart();
  if (first === '[') return { messages: Buffer.from(text), key: keyInside(text, keyPaths) };
  const span = first === '{' ? scanMembers(text, new Set([BATCH]), Infinity, BATCH).span : undefined;
  if (span === undefined || text[span.from] !== '[') return single(text, keyPaths);
  const around = readJsonText(Buffer.from(`${text.slice(0, span.from)}[]${text.slice(span.to)}`), {
    names: new Set([BATCH]),
    maxDepth: MAX_DEPTH,
  });
  if (isFlaw(around)) return { ...around, reason: 'malformed' };
  return { messages: Buffer.from(text.slice(span.from, span.to)), key: keyIn(around.value, keyPaths) };
}

function single(text: string, keyPaths: readonly string[]): Envelope | Flaw {
  const messages = Buffer.from(`[${text}]`);
  const read = readJsonText(Buffer.from(text), { names: new Set(), maxDepth: MAX_DEPTH });
  if (!isFlaw(read)) return { messages, key: keyIn(read.value, keyPaths) };
  // Too deep is for the message to say.
  return read.reason === 'malformed' ? read : { messages, key: undefined };
}

function keyInside(text: string, keyPaths: readonly string[]): string | undefined {
  try {
    for (const message of messagesOf(Buffer.from(text))) {
      const read = readJsonText(message, { names: new Set(), maxDepth: MAX_DEPTH });
      if (!isFlaw(read)) return keyIn(read.value, keyPaths);
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

function keyIn(value: unknown, keyPaths: readonly string[]): string | undefined {
  for (const path of keyPaths) {
    const found = valueAt(value, path);
    if (typeof found === 'string' && found !== '') return found;
  }
  return undefined;
}

function malformed(message: string): Flaw {
  return { reason: 'malformed', errors: [{ path: '', message }] };
}
