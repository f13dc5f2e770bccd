/*
 * JSON as text, cut into its parts without being parsed: to parse it and write it again would change big integers, `1.0`,
 * the order of keys, and keys that are given twice.
 */

/** A member of an object: its name, and the text of its value. */
export type Member = readonly [name: string, text: string];

/** The members of an object, in their order. @throws SyntaxError when the text is no object */
export function membersOf(text: string): Member[] {
  const members: Member[] = [];
  let at = expected(text, skipSpace(text, 0), '{');
  if (text[at] === '}') return members;
  for (;;) {
    const nameEnd = endOfValue(text, at);
    const name: unknown = JSON.parse(text.slice(at, nameEnd));
    const start = expected(text, skipSpace(text, nameEnd), ':');
    const end = endOfValue(text, start);
    members.push([String(name), text.slice(start, end)]);
    at = skipSpace(text, end);
    if (text[at] === '}') return members;
    at = expected(text, at, ',');
  }
}

/** The texts of the elements of an array, in their order. @throws SyntaxError when the text is no array */
export function elementsOf(text: string): string[] {
  const elements: string[] = [];
  let at = expected(text, skipSpace(text, 0), '[');
  if (text[at] === ']') return elements;
  for (;;) {
    const end = endOfValue(text, at);
    elements.push(text.slice(at, end));
    at = skipSpace(text, end);
    if (text[at] === ']') return elements;
    at = expected(text, at, ',');
  }
}

/** The same JSON, with one member or element a line. Only the space between its parts changes; it may end too soon. */
export function indented(text: string): string {
  const pieces: string[] = [];
  let depth = 0;
  let before = '';
  for (const token of tokensOf(text)) {
    const isEnd = token === '}' || token === ']';
    if (isEnd) depth -= 1;
    const isFirst = before === '{' || before === '[';
    if (isEnd ? !isFirst : isFirst || before === ',') pieces.push(`\n${'  '.repeat(Math.max(0, depth))}`);
    pieces.push(token === ':' ? ': ' : token);
    if (token === '{' || token === '[') depth += 1;
    before = token;
  }
  return pieces.join('');
}

/** Whether a text is JSON, and an object or an array: something that can be indented. */
export function isStructured(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

function* tokensOf(text: string): Generator<string> {
  for (let at = skipSpace(text, 0); at < text.length;) {
    const isPunctuation = '{}[],:'.includes(text.charAt(at));
    const isText = text[at] === '"';
    const end = isPunctuation ? at + 1 : isText ? endOfString(text, at) : endOfWord(text, at);
    yield text.slice(at, end);
    at = skipSpace(text, end);
  }
}

function endOfValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first !== '{' && first !== '[') return endOfWord(text, start);
  const marks = /["[\]{}]/g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '"') marks.lastIndex = endOfString(text, mark.index);
    else depth += mark[0] === '{' || mark[0] === '[' ? 1 : -1;
    if (depth === 0) return mark.index + 1;
  }
  throw new SyntaxError('received JSON that ends too soon');
}

/** After the quote that no odd number of backslashes stands before; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let before = quote;
    while (text[before - 1] === '\\') before -= 1;
    if ((quote - before) % 2 === 0) return quote + 1;
  }
  return text.length;
}

/** A number, or a word such as `true`. It takes at least one character, so that reading goes on in any text. */
function endOfWord(text: string, start: number): number {
  const word = /[^\s"{}[\],:]+/y;
  word.lastIndex = start;
  return start + Math.max(1, word.exec(text)?.[0].length ?? 0);
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && ' \n\r\t'.includes(text.charAt(at))) at += 1;
  return at;
}

/** @returns where the next part begins, after the mark and the space behind it */
function expected(text: string, at: number, mark: string): number {
  if (text[at] === mark) return skipSpace(text, at + 1);
  throw new SyntaxError(`received ${text.slice(at, at + 20)} in JSON, expected ${mark}`);
}
