import { messageOf, type Issue } from '../../common/errors.ts';
import { scanMembers, type Span } from './members.ts';
import { received } from './received.ts';

/** What is looked for in the text of a JSON object. */
export interface Wanted {
  /** Top-level members that must not be repeated. */
  readonly names: ReadonlySet<string>;
  /** The deepest nesting within the value of a member; `{}` has a depth of 1. */
  readonly maxDepth: number;
  /** The member, one of `names`, whose exact text is wanted. */
  readonly member?: string;
}

/** A text and what it says. */
export interface JsonText {
  readonly text: string;
  readonly value: unknown;
  /** How many members all its objects have together, those that are given twice counted twice. */
  readonly members: number;
  /** Where the wanted member's value is in the text. */
  readonly span: Span | undefined;
}

/** Why a text is not taken. */
export interface Flaw {
  readonly reason: 'malformed' | 'shape';
  readonly errors: readonly Issue[];
}

/**
 * Reads a text that should be a JSON object, without deciding what its members should be. What `value` says of `names`
 * is what every reader sees, because none is given twice.
 */
export function readJsonText(bytes: Buffer, { names, maxDepth, member }: Wanted): JsonText | Flaw {
  const text = bytes.toString();
  if (isMisread(text, bytes)) {
    return flaw('malformed', '', 'received bytes that are not UTF-8 (shown as U+FFFD), expected UTF-8');
  }
  const { span, members, repeated, tooDeep } = scanMembers(text, names, maxDepth, member);
  if (tooDeep !== undefined) {
    const message = `received more than ${maxDepth} levels of nesting, expected at most ${maxDepth}`;
    return flaw('shape', tooDeep, message);
  }
  const value = parseJson(text);
  if (value instanceof SyntaxError) {
    return flaw('malformed', '', `received ${received(text)}, expected a JSON object (${messageOf(value)})`);
  }
  if (repeated !== undefined) return flaw('shape', repeated, 'received it more than once, expected it once');
  return { text, value, members, span };
}

/** Whether a value of JSON is an object, and no array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isFlaw(read: JsonText | Flaw): read is Flaw {
  return 'reason' in read;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Whether a text is not what its bytes say: decoding puts U+FFFD for what is not UTF-8; a text may also hold it by itself. */
export function isMisread(text: string, bytes: Buffer): boolean {
  if (!text.includes('\uFFFD')) return false;
  try {
    utf8.decode(bytes);
    return false;
  } catch {
    return true;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}

function flaw(reason: Flaw['reason'], path: string, message: string): Flaw {
  return { reason, errors: [{ path, message }] };
}
