import type { DataPath } from '../../events/data/data-path.ts';
import type { RawEvents } from '../counted/deduplicated-events.ts';
import { PARTS } from '../insights/grouping.ts';
import type { Selects } from '../sql/readings.ts';
import { ORDER } from './shown-values.ts';
import { IDENTITY, PERSONS, type Measure } from '../sql/columns.ts';
import type { Condition } from '../sql/conditions.ts';
import { parametersOf } from '../sql/readings.ts';
import type { TopQuestion } from './top-events.ts';

/** SQL by the name of a column. */
type Columns = Readonly<Record<string, string>>;

/** What is asked about each key, as SQL: of groups of events first, and then joined. */
export interface KeyAggregate {
  /** What is read of an event, beside its key: names of columns, and SQL over a row of `events`. */
  readonly columns: Columns;
  /** The aggregate over the events of a group, as a state that can be joined. @param columns SQL of what is read, by name */
  readonly part: (columns: Columns) => string;
  /** The aggregate over the `part` of several groups. */
  readonly joined: string;
  /** The number that a joined `part` stands for. */
  readonly value: string;
}

/** How many there are. */
export function countOf(measure: Measure): KeyAggregate {
  const { ofRows, total: joined, value } = PARTS[measure];
  const person = PERSONS[measure];
  return {
    columns: person === undefined ? {} : { event_person: person },
    part: ({ event_person: column = '' }) => ofRows(column),
    joined,
    value,
  };
}

/** Where the latest event of a key is. */
export const LATEST: KeyAggregate = {
  columns: { event_place: ORDER },
  part: ({ event_place: place = '' }) => `max(${place})`,
  joined: 'max(part)',
  value: 'part',
};

/** Of which keys: SQL over `top_key`, and over the rows where an index finds them, if that is all that matters. */
export interface Keys {
  readonly keys: string;
  readonly rowFilter?: string | undefined;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** The events of a question, grouped by their keys; with `unique` by the values of that, each with its latest event. */
export function keyedEvents(
  question: TopQuestion,
  aggregate: KeyAggregate,
  { keys, rowFilter }: Keys = ALL,
): RawEvents {
  const { by, unique, where, application, category, name, fromUs, toUs } = question;
  const filters = { application, category, name, fromUs, toUs };
  const event_key = (textAt: (path: DataPath) => string) => (typeof by === 'string' ? by : textAt(by));
  if (unique === undefined) {
    return {
      filters: { ...filters, where },
      paths: [by].filter((path) => typeof path === 'object'),
      columns: ({ textAt }) => ({ event_key: event_key(textAt), ...aggregate.columns }),
      group: (columns, from) => byKey(question, aggregate, keys, columns, from),
      rowFilter,
    };
  }
  return {
    filters,
    areRivals: true,
    paths: [by, unique, ...where.map(({ path }) => path)].filter((path) => typeof path === 'object'),
    columns: ({ textAt, hold }) => ({
      ...aggregate.columns,
      event_key: event_key(textAt),
      event_holds: hold(where),
      event_same: textAt(unique),
      event_place: ORDER,
      // A hash, because ids may be long.
      event_identity: `sipHash128(${IDENTITY})`,
    }),
    group: ({ event_same: same = '', event_identity, event_place, ...columns }, from) => `
      SELECT
        ${same} AS same_value, if(same_value IS NULL, ${event_identity}, toFixedString('', 16)) AS apart,
        argMax((${eventColumns(aggregate)
          .map((column) => columns[column])
          .join(', ')}), ${event_place}) AS latest_event,
        max(${event_place}) AS latest_place
      ${from}
      GROUP BY same_value, apart`,
  };
}

const ALL: Keys = { keys: '1' };

/** What `latest_event` holds. */
function eventColumns({ columns }: KeyAggregate): string[] {
  return ['event_key', 'event_holds', ...Object.keys(columns).filter((column) => column !== 'event_place')];
}

/** `top_key` and what was `value` of it. @param groups of `keyedEvents` of the same question, aggregate and keys */
export function selectKeys(
  question: TopQuestion,
  aggregate: KeyAggregate,
  groups: Selects,
  { keys, params }: Keys = ALL,
): Condition {
  const { unique, where } = question;
  const byKeys = unique === undefined ? groups.sql : ofLatest(question, aggregate, keys, groups.sql);
  return {
    // Groups of one SELECT need not be grouped again: there may be a million.
    sql:
      unique !== undefined || groups.selects === 1
        ? `SELECT top_key, ${aggregate.value} AS value FROM (${byKeys})`
        : `SELECT top_key, ${aggregate.joined} AS value FROM (${byKeys}) GROUP BY top_key`,
    params: { ...groups.params, ...parametersOf(where), ...params },
  };
}

/** The latest event of each value of `unique`; one without a value stands for itself. */
function ofLatest(question: TopQuestion, aggregate: KeyAggregate, keys: string, groups: string): string {
  const names = eventColumns(aggregate);
  const columns = names.map((name, index) => [name, `event.${index + 1}`] as const);
  const from = `
      FROM (
        SELECT argMax(latest_event, latest_place) AS event, max(latest_place) AS event_place
        FROM (${groups})
        GROUP BY same_value, apart
      )
      WHERE event.2`;
  return byKey(question, aggregate, keys, { ...Object.fromEntries(columns), event_place: 'event_place' }, from);
}

function byKey(
  { by }: TopQuestion,
  { part }: KeyAggregate,
  keys: string,
  { event_key: key = '', ...columns }: Columns,
  from: string,
): string {
  const { text, exists } = keyOf(by, key);
  return `
      SELECT ${text} AS top_key, ${part(columns)} AS part
      ${from} AND ${exists} AND ${keys}
      GROUP BY top_key`;
}

/** The key of an event as text, and whether it has one. @param column SQL of `event_key` */
export function keyOf(by: TopQuestion['by'], column: string): { readonly text: string; readonly exists: string } {
  return typeof by === 'string'
    ? { text: column, exists: `${column} != ''` }
    : { text: `assumeNotNull(${column})`, exists: `${column} IS NOT NULL` };
}
