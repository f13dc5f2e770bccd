import { MAX_DATA_DEPTH, notAnObject, readShape } from '../event-shape.ts';
import { isFlaw, isObject, readJsonText } from '../json/json-text.ts';
import { isRefusal, toEvent, type ParseContext } from '../parse-event.ts';
import type { Event } from '../event.ts';
import type { Refusal } from '../rejection.ts';

/** The members of an event that a message has under other names. */
export type Field = 'category' | 'name' | 'event_id' | 'user' | 'session_id' | 'timestamp';

/** A path in a message; of a time that is a number of seconds there, not of milliseconds, it says so. */
type Source = string | { readonly secondsAt: string };

/**
 * How the messages of a client become events. Of each field: the paths in the message, of which the first that is there
 * counts (`null` and the empty string are not); or what it always is. All of the message, exactly as sent, is `data`.
 */
export type Mapping = Readonly<Record<Field, readonly Source[] | { readonly is: string }>>;

/** Reads messages of one kind. @param given members that messages have where they do not say otherwise */
export function messageParser(
  mapping: Mapping,
  given: Readonly<Record<string, string>> = {},
): (bytes: Buffer, context: ParseContext) => Event | Refusal {
  const names = new Set(pathsOf(mapping).map((path) => path.split('.', 1)[0] ?? ''));
  // The message itself is the first level of what will be data.
  const wanted = { names, maxDepth: MAX_DATA_DEPTH - 1 };
  return (bytes, context) => {
    const read = readJsonText(bytes, wanted);
    if (isFlaw(read)) return read;
    const { text, value, members } = read;
    if (!isObject(value)) return notAnObject(value);
    const { fields, sources, inexact } = mapped(value, mapping, given);
    if (inexact.size > 0) {
      return { reason: 'shape', errors: [...inexact].map((path) => ({ path, message: INEXACT })) };
    }
    const shape = readShape(fields);
    if (isRefusal(shape)) return renamed(shape, mapping, sources);
    const verdict = toEvent({ shape: { ...shape, data: value }, data: { text, members }, text }, context);
    return isRefusal(verdict) ? renamed(verdict, mapping, sources) : verdict;
  };
}

/** What a message says of the fields of an event, at which path it says so, and at which paths are numbers that name nothing. */
export function mapped(message: object, mapping: Mapping, given: Readonly<Record<string, string>> = {}) {
  const fields: Partial<Record<Field, unknown>> = {};
  const sources: Partial<Record<Field, string>> = {};
  const inexact = new Set<string>();
  for (const [field, source] of Object.entries(mapping) as [Field, Mapping[Field]][]) {
    if ('is' in source) {
      fields[field] = source.is;
      continue;
    }
    for (const each of source) {
      const path = pathOf(each);
      const value = valueAt(message, path) ?? given[path];
      if (value === undefined || value === '') continue;
      if (typeof value !== 'number') fields[field] = value;
      else if (field === 'timestamp') fields[field] = typeof each === 'string' ? value : value * 1000;
      else fields[field] = String(value);
      sources[field] = path;
      if (field !== 'timestamp' && isInexact(value)) inexact.add(path);
      break;
    }
  }
  return { fields, sources, inexact };
}

const INEXACT = `received a number beyond ±${Number.MAX_SAFE_INTEGER}, expected a string, or a number up to that`;

/** Other numbers are read as the same one, so that the ids of two users would be one. */
function isInexact(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER;
}

/** The same findings, with the paths of the sender. */
export function renamed(
  { reason, errors }: Refusal,
  mapping: Mapping,
  sources: Readonly<Partial<Record<Field, string>>>,
): Refusal {
  const senders = (path: string) => {
    if (!Object.hasOwn(mapping, path)) return path;
    const source = mapping[path as Field];
    return sources[path as Field] ?? ('is' in source || source[0] === undefined ? path : pathOf(source[0]));
  };
  // Two fields may be of one path, and what is wrong with it is said once.
  const found = new Map(
    errors.map(({ path, message }) => [`${senders(path)} ${message}`, { path: senders(path), message }]),
  );
  return { reason, errors: [...found.values()] };
}

function pathsOf(mapping: Mapping): readonly string[] {
  return Object.values(mapping).flatMap((source) => ('is' in source ? [] : source.map(pathOf)));
}

/** Where a source is in a message, as names with dots between them. */
export function pathOf(source: Source): string {
  return typeof source === 'string' ? source : source.secondsAt;
}

/** What is at a path of a message, `null` for nothing. */
export function valueAt(message: unknown, path: string): unknown {
  let value = message;
  for (const name of path.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value ?? undefined;
}
