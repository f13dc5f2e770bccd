import { AppError } from '../../common/errors.ts';
import { jsonOf } from '../../common/json.ts';
import { valueAt } from '../../events/dialects/mapping.ts';
import { isObject } from '../../events/json/json-text.ts';
import { csvRecords } from './csv-records.ts';
import { areExported, dataOf, fromExportedCells, fromExportedLine } from './exported-event.ts';
import type { LineIdentity } from './file-identity.ts';
import { numberedLines, type LineFlaw } from './numbered-lines.ts';

/** What one line of a file, or one record, is. */
export interface ImportedLine {
  /** Of the line on which it begins, from 1. */
  readonly number: number;
  /** The text of an event for `POST /events`; undefined when the line cannot be read. */
  readonly text: string | undefined;
  /** Why it cannot be read, unless it is what it says. */
  readonly flaw?: LineFlaw | undefined;
  /** How far into the file its end is. */
  readonly endByte: number;
}

/** Reads a file. An event that has no `event_id` or no `timestamp` gets that of its line. */
export type ImportFormat = (file: string, identityOf: (line: number) => LineIdentity) => AsyncGenerator<ImportedLine>;

/** What `--format` may be. */
export const importFormats: Readonly<Record<string, ImportFormat>> = {
  events: (file, identityOf) => jsonLines(file, identityOf, event),
  rsvp: (file, identityOf) => jsonLines(file, identityOf, rsvp),
  csv,
};

async function* jsonLines(
  file: string,
  identityOf: (line: number) => LineIdentity,
  textOf: (line: string, value: unknown, identity: LineIdentity) => string,
): AsyncGenerator<ImportedLine> {
  for await (const { number, text = '', flaw, endByte } of numberedLines(file)) {
    const value = flaw === undefined ? jsonOf(text) : undefined;
    yield {
      number,
      text: value === undefined ? undefined : textOf(text, value, identityOf(number)),
      flaw,
      endByte,
    };
  }
}

/** The line as it is, with what it lacks before it, or that of an export. What is no object is for the service to reject. */
function event(line: string, value: unknown, identity: LineIdentity): string {
  if (!isObject(value)) return line;
  const exported = fromExportedLine(line, value, identity);
  if (exported !== undefined) return exported;
  const { event_id, timestamp } = identity;
  const given = {
    event_id: Object.hasOwn(value, 'event_id') ? undefined : event_id,
    timestamp: Object.hasOwn(value, 'timestamp') ? undefined : timestamp,
  };
  const head = JSON.stringify(given).slice(0, -1);
  if (head === '{') return line;
  return `${head}${Object.keys(value).length === 0 ? '' : ','}${line.slice(line.indexOf('{') + 1)}`;
}

/**
 * A line of Meetup's stream of RSVPs. Its member is the session and the user; `data` is the line itself, so nothing of
 * it is lost. What a line lacks is left out: it is the service that says what is wrong with it, and keeps it.
 */
function rsvp(line: string, value: unknown, { event_id, timestamp }: LineIdentity): string {
  const member = valueAt(value, 'member.member_id');
  const user = typeof member === 'number' || typeof member === 'string' ? `meetup-${member}` : undefined;
  const head = {
    event_id,
    session_id: user,
    user,
    category: 'meetup',
    name: 'rsvp',
    timestamp: valueAt(value, 'mtime') ?? timestamp,
  };
  return `${JSON.stringify(head).slice(0, -1)},"data":${line}}`;
}

/** Columns that are members of an event; every other is a member of its `data`. */
const MEMBERS: ReadonlySet<string> = new Set(['event_id', 'timestamp', 'category', 'name', 'session_id', 'user']);

/**
 * A CSV file with a header. What is in a cell is text, but for a time in digits, which is in ms; an empty cell of a member
 * is none. With the header of an export, it is one.
 * @throws AppError `invalid` when the header does not name each column, has no `name`, or is not UTF-8
 */
async function* csv(file: string, identityOf: (line: number) => LineIdentity): AsyncGenerator<ImportedLine> {
  let columns: readonly string[] | undefined;
  for await (const { number, cells, flaw, endByte } of csvRecords(file)) {
    if (columns === undefined) columns = headerOf(cells, flaw);
    else if (cells?.length !== columns.length) yield { number, text: undefined, flaw, endByte };
    else yield { number, text: recordEvent(columns, cells, identityOf(number)), endByte };
  }
}

/** Undefined when it is a record of an export whose `data` is not JSON. */
function recordEvent(columns: readonly string[], cells: readonly string[], identity: LineIdentity): string | undefined {
  if (!areExported(columns)) return csvEvent(columns, cells, identity);
  return jsonOf(dataOf(cells)) === undefined ? undefined : fromExportedCells(cells, identity);
}

function headerOf(cells: readonly string[] = [], flaw?: LineFlaw): readonly string[] {
  if (flaw !== undefined) throw new AppError('invalid', `received a header that is ${flaw}, expected one in UTF-8`);
  const columns = cells.map((cell) => cell.trim());
  const found = columns.length === 0 ? 'nothing' : columns.join(',');
  if (!columns.includes('name') || columns.includes('') || new Set(columns).size < columns.length)
    throw new AppError('invalid', `received the header ${found}, expected different columns, one of them name`);
  return columns;
}

function csvEvent(columns: readonly string[], cells: readonly string[], identity: LineIdentity): string {
  const members: Record<string, string | number> = { ...identity };
  const data: [string, string][] = [];
  for (const [at, column] of columns.entries()) {
    const cell = cells[at] ?? '';
    if (!MEMBERS.has(column)) data.push([column, cell]);
    else if (cell !== '') members[column] = column === 'timestamp' && /^\d+$/.test(cell) ? Number(cell) : cell;
  }
  return JSON.stringify({ ...members, data: Object.fromEntries(data) });
}
