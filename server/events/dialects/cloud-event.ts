import type { Issue } from '../../common/errors.ts';
import type { DataText } from '../data/shape.ts';
import { NO_DATA, type Event } from '../event.ts';
import { MAX_DATA_DEPTH, notAnObject, readShape } from '../event-shape.ts';
import { isFlaw, isMisread, isObject, readJsonText, type JsonText } from '../json/json-text.ts';
import { received } from '../json/received.ts';
import { dataOf, isRefusal, toEvent, type ParseContext } from '../parse-event.ts';
import type { Refusal } from '../rejection.ts';
import { mapped, renamed, type Mapping } from './mapping.ts';

/** The attributes of CloudEvents 1.0, of which the subject is the session, too. `data` is the event's. */
export const CLOUD_EVENT: Mapping = {
  category: ['source'],
  name: ['type'],
  event_id: ['id'],
  user: ['subject'],
  session_id: ['subject'],
  timestamp: ['time'],
};

const ATTRIBUTES = ['specversion', 'id', 'source', 'type', 'subject', 'time'] as const;
const REQUIRED = ['id', 'source', 'type'] as const;
const VERSION = '1.0';

const STRUCTURED = { names: new Set([...ATTRIBUTES, 'data', 'data_base64']), maxDepth: MAX_DATA_DEPTH, member: 'data' };
const BINARY = { names: new Set<string>(), maxDepth: MAX_DATA_DEPTH - 1 };

/** An event in the structured mode, or one of a batch. @param bytes the exact text of it */
export function parseCloudEvent(bytes: Buffer, context: ParseContext): Event | Refusal {
  const read = readJsonText(bytes, STRUCTURED);
  if (isFlaw(read)) return read;
  const { text, value } = read;
  if (!isObject(value)) return notAnObject(value);
  const { data, data_base64: base64, ...attributes } = value;
  if (base64 !== undefined) {
    return refusal([{ path: 'data_base64', message: 'received bytes, expected as data a JSON object' }]);
  }
  return judge({ attributes, data, dataText: dataOf(read), text }, context);
}

/** Reads an event in the binary mode. */
export interface BinaryCloudEvent {
  readonly parse: (body: Buffer, context: ParseContext) => Event | Refusal;
  /** The same in the structured mode, so that one that is rejected is known by its id. */
  readonly kept: (body: Buffer) => Buffer;
}

/**
 * An event in the binary mode: its attributes are headers, and the body is its data.
 * @param headers as Node gives them
 */
export function binaryCloudEvent(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): BinaryCloudEvent {
  const attributes: Record<string, unknown> = {};
  for (const name of ATTRIBUTES) {
    const header = headers[`ce-${name}`];
    if (typeof header === 'string') attributes[name] = headerText(header);
  }
  const parse = (body: Buffer, context: ParseContext) => {
    const read: JsonText | ReturnType<typeof readJsonText> =
      body.length === 0 ? { text: NO_DATA, value: {}, members: 0, span: undefined } : readJsonText(body, BINARY);
    if (isFlaw(read)) return read;
    return judge(
      { attributes, data: read.value, dataText: { text: read.text.trim(), members: read.members }, text: read.text },
      context,
    );
  };
  const head = JSON.stringify({ ...attributes, data: 0 }).slice(0, -'0}'.length);
  const kept = (body: Buffer) => Buffer.from(`${head}${body.length === 0 ? NO_DATA : body.toString()}}`);
  return { parse, kept };
}

/** Whether a request has the headers of an event in the binary mode. */
export function isBinaryCloudEvent(headers: Readonly<Record<string, unknown>>): boolean {
  return ['specversion', ...REQUIRED].some((name) => headers[`ce-${name}`] !== undefined);
}

interface CloudEvent {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly data: unknown;
  readonly dataText: DataText;
  /** Of all that may have escapes in it. */
  readonly text: string;
}

function judge({ attributes, data = {}, dataText, text }: CloudEvent, context: ParseContext): Event | Refusal {
  const issues: Issue[] = [];
  if (attributes['specversion'] !== VERSION) {
    issues.push({ path: 'specversion', message: `received ${received(attributes['specversion'])}, expected "1.0"` });
  }
  for (const name of ATTRIBUTES) {
    const value = attributes[name];
    const isMissing = value === undefined || value === null || value === '';
    if (isMissing ? (REQUIRED as readonly string[]).includes(name) : typeof value !== 'string') {
      issues.push({ path: name, message: `received ${received(value)}, expected a string that is not empty` });
    }
  }
  if (!isObject(data)) issues.push({ path: 'data', message: `received ${received(data)}, expected a JSON object` });
  if (issues.length > 0 || !isObject(data)) return refusal(issues);
  const { fields, sources } = mapped(attributes, CLOUD_EVENT);
  const shape = readShape(fields);
  if (isRefusal(shape)) return renamed(shape, CLOUD_EVENT, sources);
  const verdict = toEvent({ shape: { ...shape, data }, data: dataText, text }, context);
  return isRefusal(verdict) ? renamed(verdict, CLOUD_EVENT, sources) : verdict;
}

/** The text of a header, percent-encoded where it is not visible ASCII, and in quotes where the sender likes them. */
function headerText(header: string): string {
  const text = charactersOf(header);
  const bare = /^"(.*)"$/s.exec(text)?.[1]?.replaceAll(/\\(.)/gs, '$1') ?? text;
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
}

/** What a sender wrote who did not encode it: UTF-8, or else Latin-1. @param header a character a byte, as Node gives it */
function charactersOf(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  const text = bytes.toString();
  return isMisread(text, bytes) ? header : text;
}

function refusal(errors: readonly Issue[]): Refusal {
  return { reason: 'shape', errors };
}
