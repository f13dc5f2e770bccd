import Table from 'cli-table3';

/** The answer of ClickHouse in FORMAT JSONCompact. */
export interface Result {
  readonly meta: readonly { readonly name: string; readonly type: string }[];
  readonly data: readonly (readonly unknown[])[];
  readonly rows: number;
  readonly statistics: { readonly elapsed: number; readonly rows_read: number };
}

const MAX_CELL_LENGTH = 80;
const MAX_ROWS = 1000;
const NUMBER = /^(Nullable\(|SimpleAggregateFunction\(\w+, )*(U?Int|Float|Decimal)/;

export function isTabular(value: unknown): value is Result {
  return typeof value === 'object' && value !== null && 'meta' in value && 'data' in value && 'statistics' in value;
}

/** A table for people: long values and long results are cut, and the last line says how much there was. */
export function renderResult({ meta, data, rows, statistics }: Result): string {
  const table = new Table({
    head: meta.map(({ name }) => name),
    colAligns: meta.map(({ type }) => (NUMBER.test(type) ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  });
  for (const row of data.slice(0, MAX_ROWS)) table.push(row.map(cell));
  const shown = rows > MAX_ROWS ? `, the first ${MAX_ROWS} shown` : '';
  const seconds = statistics.elapsed.toFixed(3);
  const footer = `${count(rows, 'row')}${shown} in ${seconds} s, ${count(statistics.rows_read, 'row')} read`;
  return `${table.toString()}\n${footer}`;
}

/** One line, whatever the value holds: control characters would be commands to a terminal. */
export function cell(value: unknown): string {
  if (value === null) return 'NULL';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const line = text.replaceAll(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1));
  const characters = Array.from(line);
  return characters.length > MAX_CELL_LENGTH ? `${characters.slice(0, MAX_CELL_LENGTH - 1).join('')}…` : line;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
