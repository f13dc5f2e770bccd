/** Text in which a semicolon or a comment sign means nothing, from its first character to its last. */
const QUOTED = /'(?:[^'\\]|\\[^]|'')*'|"(?:[^"\\]|\\[^]|"")*"|`(?:[^`\\]|\\[^]|``)*`|(\$\w*\$)[^]*?\1/y;
const COMMENT = /--[^\n]*|#[ !][^\n]*|\/\*[^]*?\*\//y;

/**
 * Splits SQL into its statements, in order, without their semicolons. Semicolons in strings, quoted identifiers,
 * heredocs (`$tag$…$tag$`) and comments do not end a statement. Comments stay with the statement they stand in or
 * before; a piece that holds nothing but comments is no statement.
 * @throws SyntaxError that names the line of a string or comment without an end
 */
export function splitStatements(sql: string): readonly string[] {
  const statements: string[] = [];
  let start = 0;
  let hasCode = false;
  for (let at = 0; at <= sql.length;) {
    if (at === sql.length || sql[at] === ';') {
      if (hasCode) statements.push(sql.slice(start, at).trim());
      at += 1;
      start = at;
      hasCode = false;
      continue;
    }
    const comment = match(COMMENT, sql, at);
    const text = comment ?? match(QUOTED, sql, at) ?? character(sql, at);
    hasCode ||= comment === undefined && text.trim() !== '';
    at += text.length;
  }
  return statements;
}

function match(pattern: RegExp, sql: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
}

/** What is neither quoted nor a comment, so it must not begin one either: then its end is missing. */
function character(sql: string, at: number): string {
  const char = sql.charAt(at);
  if (/['"`]/.test(char) || sql.startsWith('/*', at)) {
    const line = sql.slice(0, at).split('\n').length;
    throw new SyntaxError(`line ${line}: received ${char === '/' ? '/*' : char} without its end`);
  }
  return char;
}
