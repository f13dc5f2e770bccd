import type { DataPath } from '../events/data/data-path.ts';
import { IDENTITY } from './copies.ts';
import { isOfHours } from './copies-of-hours.ts';
import { ORDER } from './shown-values.ts';
import type { Condition } from './sql/conditions.ts';
import type { EventFilters } from './sql/event-filters.ts';
import { parametersOf, readEvents, type Reading } from './sql/readings.ts';
import type { Measure, TopQuestion } from './top-events.ts';

/** What is found out of each key: of events, and of what was found of several groups of them. */
export interface Finding {
  /** SQL of whom it is about; the name `who` in `part`. */
  readonly who: string;
  readonly part: string;
  readonly joined: string;
  readonly value: string;
  /** Of which keys, and of which rows: SQL. */
  readonly keys: string;
  readonly rows: string;
}

const ALL = { keys: '1', rows: '1' };

export const COUNTED: Readonly<Record<Measure, Finding>> = {
  events: { who: "''", part: 'count()', joined: 'sum(part)', value: 'part', ...ALL },
  users: personsIn('user'),
  sessions: personsIn('session_id'),
};

export const LATEST: Finding = { who: "''", part: 'max(place)', joined: 'max(part)', value: 'part', ...ALL };

function personsIn(who: string): Finding {
  const part = 'uniqExactStateIf(who, notEmpty(who))';
  return { who, part, joined: 'uniqExactMerge(part)', value: 'finalizeAggregation(part)', ...ALL };
}

/** Where events come from, and what is known of each, in SQL. */
interface Source {
  /** `FROM …`, to which a WHERE may be added. */
  readonly from: string;
  /** NULL for an event without one. */
  readonly key: string;
  /** Whether each `where` holds. */
  readonly holds: string;
  /** The value at `unique`; NULL where there is none. */
  readonly same: string;
  readonly who: string;
  /** See `ORDER`. */
  readonly place: string;
  /** Different for different events. A hash, because ids may be long. */
  readonly identity: string;
}

const IDENTITY_HASH = `sipHash128(${IDENTITY})`;

function sourceOf(question: TopQuestion, { who, rows }: Finding, { from, textAt, hold }: Reading): Source {
  const { by, unique, where } = question;
  return {
    from: `${from} AND ${rows}`,
    key: typeof by === 'string' ? `nullIf(${by}, '')` : textAt(by),
    holds: hold(where),
    same: unique === undefined ? 'NULL' : textAt(unique),
    who,
    place: ORDER,
    identity: IDENTITY_HASH,
  };
}

function pathsOf({ by, unique, where }: TopQuestion): DataPath[] {
  return [by, unique, ...where.map(({ path }) => path)].filter((path) => typeof path === 'object');
}

function filtersOf({ application, category, name, fromUs, toUs }: TopQuestion): EventFilters {
  return { application, category, name, fromUs, toUs };
}

/** `top_key` and what was `found` of it. */
export function selectKeys(question: TopQuestion, finding: Finding, copied: readonly number[]): Condition {
  const { unique, where } = question;
  const groups =
    copied.length === 0
      ? readEvents(filtersOf(question), pathsOf(question), (reading) =>
          // By themselves, so that on a cluster each shard groups its own events.
          groupsOf(question, finding, sourceOf(question, finding, reading)),
        )
      : firstOfCopies(question, finding, copied);
  const isOnce = unique !== undefined || copied.length > 0 || pathsOf(question).length === 0;
  const byKey = unique === undefined ? groups.sql : ofLatest(finding, groups.sql);
  return {
    sql: isOnce
      ? `SELECT top_key, ${finding.value} AS found FROM (${byKey})`
      : `SELECT top_key, ${finding.joined} AS found FROM (${byKey}) GROUP BY top_key`,
    params: { ...groups.params, ...parametersOf(where) },
  };
}

/** Groups of rows, and of the hours that have copies of the first received of each identity. */
function firstOfCopies(question: TopQuestion, finding: Finding, copied: readonly number[]): Condition {
  const hours = isOfHours(copied);
  const rows = readEvents(filtersOf(question), pathsOf(question), (reading) => {
    const { key, holds, same, who } = sourceOf(question, finding, reading);
    return `
      SELECT ${IDENTITY}, received_at, ${hours.sql} AS may_be_copied, (${key}, ${holds}, ${same}, ${who}) AS of_event
      ${reading.from}`;
  });
  const from = `
      FROM (
        SELECT of_event, ${ORDER} AS event_place, ${IDENTITY_HASH} AS identity
        FROM (${rows.sql})
        WHERE NOT may_be_copied
        UNION ALL
        SELECT
          argMin(of_event, received_at),
          (toUnixTimestamp64Micro(timestamp), toUnixTimestamp64Micro(min(received_at)), event_id),
          ${IDENTITY_HASH}
        FROM (${rows.sql})
        WHERE may_be_copied
        GROUP BY ${IDENTITY}
      )`;
  const [key, holds, same, who] = ['of_event.1', 'of_event.2', 'of_event.3', 'of_event.4'] as const;
  const source = { from, key, holds, same, who, place: 'event_place', identity: 'identity' };
  return { sql: groupsOf(question, finding, source), params: { ...rows.params, ...hours.params } };
}

/** One row for each key with what is found of it; or with `unique` for each value of that, with its latest event. */
function groupsOf({ unique }: TopQuestion, finding: Finding, source: Source): string {
  const { from, key, holds, same, who, place, identity } = source;
  if (unique === undefined) return byKeyOf(finding, { key, who, place }, `${from} WHERE ${holds}`);
  return `
      SELECT
        ${same} AS same_value, if(same_value IS NULL, ${identity}, toFixedString('', 16)) AS apart,
        argMax((${key}, ${holds}, ${who}), ${place}) AS latest_event, max(${place}) AS latest_place
      ${from}
      GROUP BY same_value, apart`;
}

/** The latest event of each value of `unique`; one without a value stands for itself. */
function ofLatest(finding: Finding, groups: string): string {
  const from = `
      FROM (
        SELECT argMax(latest_event, latest_place) AS event, max(latest_place) AS event_place
        FROM (${groups})
        GROUP BY same_value, apart
      )
      WHERE event.2`;
  return byKeyOf(finding, { key: 'event.1', who: 'event.3', place: 'event_place' }, from);
}

function byKeyOf(
  { part, keys }: Finding,
  { key, who, place }: Pick<Source, 'key' | 'who' | 'place'>,
  from: string,
): string {
  return `
      SELECT ${key} AS top_key, ${part.replaceAll('who', who).replaceAll('place', place)} AS part
      ${from} AND top_key IS NOT NULL AND ${keys}
      GROUP BY top_key`;
}
