import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isWhitespace,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './bytes.ts';

/** From the first character of a part of a text to the one behind it. */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** How many members the objects in it have together, those that are given twice counted twice. */
  readonly members: number;
}

/** What can be said about the text of an event without reading its values. */
export interface Members {
  /** Where the value of the member that was asked for is; undefined when there is none. */
  readonly span: Span | undefined;
  /** How many members all objects of the text have together. */
  readonly members: number;
  /** A top-level member of `names` that is given more than once. */
  readonly repeated: string | undefined;
  /** The top-level member whose value is nested deeper than the limit (empty: none of them, the text itself). */
  readonly tooDeep: string | undefined;
}

/**
 * Finds the top-level members of a JSON object, without recursion. It runs before `JSON.parse`, which would take
 * seconds for millions of brackets, so it takes any text; what it says of one that is not valid JSON means nothing.
 * @param names members that must not be repeated: of two, `JSON.parse` validates the last and a reader may see the first
 * @param maxDepth of brackets within a member's value; `{}` has a depth of 1
 * @param wanted the member, one of `names`, whose value is looked for
 */
export function scanMembers(
  text: string,
  names: ReadonlySet<string>,
  maxDepth: number,
  wanted: string | undefined,
): Members {
  const seen = new Set<string>();
  let span: Span | undefined;
  let members = 0;
  let membersBefore = 0;
  let repeated: string | undefined;
  let name = '';
  let valueStart = -1;
  let depth = 0;

  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        // At the top level a string that does not follow a colon is a name.
        if (depth === 1 && valueStart === -1) name = unescaped(text.slice(at + 1, end - 1));
        at = end - 1;
        break;
      }
      case COLON:
        members += 1;
        if (depth === 1 && valueStart === -1) {
          valueStart = at + 1;
          membersBefore = members;
        }
        break;
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        depth += 1;
        if (depth > maxDepth + 1) return { span, members, repeated, tooDeep: name };
        break;
      case COMMA:
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        if (depth === 1 && valueStart !== -1) {
          if (names.has(name)) {
            if (seen.has(name)) repeated = name;
            seen.add(name);
            if (name === wanted) span = spanOf(text, valueStart, at, members - membersBefore);
          }
          name = '';
          valueStart = -1;
        }
        if (text.charCodeAt(at) !== COMMA) depth -= 1;
        break;
      default:
    }
  }
  return { span, members, repeated, tooDeep: undefined };
}

/** @returns the position behind the closing quote, or the end of the text */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** `d\u0061ta` is the member `data` too. */
function unescaped(name: string): string {
  if (!name.includes('\\')) return name;
  try {
    return String(JSON.parse(`"${name}"`));
  } catch {
    return name;
  }
}

/** The value without the whitespace around it, which belongs to the object; the whitespace inside it stays. */
function spanOf(text: string, start: number, end: number, members: number): Span {
  let from = start;
  let to = end;
  while (from < to && isWhitespace(text.charCodeAt(from))) from += 1;
  while (to > from && isWhitespace(text.charCodeAt(to - 1))) to -= 1;
  return { from, to, members };
}
