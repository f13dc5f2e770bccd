/** What is no part of a statement's words: comments, texts, and names in quotes. A quote in one is doubled or escaped. */
const NO_WORDS =
  /--[^\n]*|#[! ][^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`\\]|\\[\s\S]|``)*`/g;

/** `FORMAT Name`, behind which only SETTINGS may come. */
const FORMAT_CLAUSE = /(?<![\w.])FORMAT\s+[A-Za-z]\w*\s*(?:SETTINGS\s[^()]*)?$/i;

/** Whether a SQL statement says itself in which format its answer comes. */
export function namesFormat(sql: string): boolean {
  return FORMAT_CLAUSE.test(sql.replaceAll(NO_WORDS, (found) => (/^["`']/.test(found) ? "''" : ' ')).trimEnd());
}
