import { EVENT_MEMBERS, MAX_DATA_DEPTH } from '../../events/event-shape.ts';
import { isFlaw, readJsonText } from '../../events/json/json-text.ts';
import type { LineIdentity } from './file-identity.ts';

/** What `GET /events/export` says of an event: the columns of CSV, and the members of a line. */
const EXPORTED = [
  'event_id',
  'received_at',
  'application',
  'session_id',
  'user',
  'category',
  'name',
  'data',
  'timestamp',
] as const;

const DATA_TEXT = { names: EVENT_MEMBERS, maxDepth: MAX_DATA_DEPTH, member: 'data' };

export function areExported(columns: readonly string[]): boolean {
  return columns.join() === EXPORTED.join();
}

/** A line of an export as `POST /events` takes it; undefined when it is none. */
export function fromExportedLine(line: string, value: object, identity: LineIdentity): string | undefined {
  const members = Object.entries(value);
  if (members.length !== EXPORTED.length || !EXPORTED.every((name) => Object.hasOwn(value, name))) return undefined;
  const read = readJsonText(Buffer.from(line), DATA_TEXT);
  if (isFlaw(read) || read.span === undefined) return undefined;
  return eventText(members, line.slice(read.span.from, read.span.to), identity);
}

/** A record of an export as `POST /events` takes it; its `data` must be JSON. */
export function fromExportedCells(cells: readonly string[], identity: LineIdentity): string {
  const members = EXPORTED.map((name, at) => [name, cells[at] ?? ''] as const);
  // Line ends in it are white space between its values, and would end a line of what is sent.
  return eventText(members, dataOf(cells).replaceAll(/[\n\r]/g, ' '), identity);
}

/** The text of `data` in a record of an export. */
export function dataOf(cells: readonly string[]): string {
  return cells[EXPORTED.indexOf('data')] ?? '';
}

/** Without when it was received, and without what is empty because there was none. */
function eventText(members: readonly (readonly [string, unknown])[], data: string, identity: LineIdentity): string {
  const given = members.filter(([name, value]) => name !== 'received_at' && name !== 'data' && value !== '');
  return `${JSON.stringify({ ...identity, ...Object.fromEntries(given) }).slice(0, -1)},"data":${data}}`;
}
