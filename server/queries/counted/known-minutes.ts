import { LRUCache } from 'lru-cache';
import { queryRows } from '../../clickhouse/query.ts';
import { HOUR_S } from '../../common/units.ts';
import { allOf, type Condition } from '../sql/conditions.ts';
import {
  areSelected,
  eventsOfMinutes,
  HOUR_OF_MINUTE,
  readVersions,
  sumOfVersions,
  versionOf,
  type Count,
  type Counting,
  type Selection,
} from './grown-hours.ts';

/** Whose minutes are counted. */
export type MinuteSelection = Omit<Selection, 'kinds' | 'keys'>;

/** Of all selections together. */
const MAX_HOURS = 2_000;

/**
 * How many events each minute has of the hours that grow again and again, remembered by the selection: of an hour of twelve
 * million events only the minutes are counted again that have changed.
 */
export class KnownMinutes {
  readonly #hours = new LRUCache<string, ReadonlyMap<number, Count>>({ max: MAX_HOURS });

  /** An hour has grown. @returns whether it had before, lately */
  growsAgain(selection: MinuteSelection, hourS: number): boolean {
    const key = keyOf(selection, hourS);
    const had = this.#hours.has(key);
    if (!had) this.#hours.set(key, new Map());
    return had;
  }

  /**
   * What `minutes` has of each of these hours, by its beginning in seconds since the epoch.
   * @throws what `queryRows` throws
   */
  async read(
    counting: Counting,
    selection: MinuteSelection,
    hoursS: readonly number[],
  ): Promise<ReadonlyMap<number, Count>> {
    if (hoursS.length === 0) return new Map();
    const known = new Map(hoursS.flatMap((hourS) => [...(this.#hours.get(keyOf(selection, hourS)) ?? [])]));
    const minutes = minutesAre(selection, hoursS, '60 * arrayJoin(range(60))');
    const versions = await readVersions(counting, 'minutes', 'toUnixTimestamp(minute)', minutes);
    const changed = [...versions].filter(([minuteS, version]) => known.get(minuteS)?.version !== version);
    const counted = await countMinutes(
      counting,
      selection,
      changed.map(([minuteS]) => minuteS),
    );
    return new Map(
      hoursS.map((hourS) => {
        const minutesS = [...versions.keys()].filter((minuteS) => minuteS >= hourS && minuteS < hourS + HOUR_S);
        const minutes = new Map(
          minutesS.map((minuteS) => [minuteS, counted.get(minuteS) ?? known.get(minuteS) ?? NOTHING]),
        );
        this.#hours.set(keyOf(selection, hourS), minutes);
        return [hourS, sumOf([...minutes.values()])];
      }),
    );
  }
}

const NOTHING: Count = { version: 0n, events: 0 };

function keyOf(selection: MinuteSelection, hourS: number): string {
  return JSON.stringify([hourS, selection]);
}

function sumOf(counts: readonly Count[]): Count {
  return {
    version: sumOfVersions(counts.map(({ version }) => version)),
    events: counts.reduce((sum, { events }) => sum + events, 0),
  };
}

async function countMinutes(
  { nodes, bounds }: Counting,
  selection: MinuteSelection,
  minutesS: readonly number[],
): Promise<ReadonlyMap<number, Count>> {
  if (minutesS.length === 0) return new Map();
  const { sql, params } = minutesAre(selection, minutesS, '0');
  const query = `
    SELECT toUnixTimestamp(minute) AS minute_s, ${versionOf(HOUR_OF_MINUTE, 'received')} AS version, sum(events) AS events
    FROM (${eventsOfMinutes(sql)})
    GROUP BY minute`;
  const rows = await queryRows<CountedMinute>(nodes, query, params, bounds);
  return new Map(rows.map(({ minute_s, version, events }) => [minute_s, { version: BigInt(version), events }]));
}

interface CountedMinute {
  readonly minute_s: number;
  readonly version: string;
  readonly events: number;
}

/** @param offsets SQL: the seconds from each of the beginnings to the minutes that are meant */
function minutesAre(selection: MinuteSelection, startsS: readonly number[], offsets: string): Condition {
  return allOf([
    ...areSelected(selection),
    {
      sql: `minute GLOBAL IN (SELECT toDateTime(arrayJoin({starts_s:Array(UInt32)}) + ${offsets}, 'UTC'))`,
      params: { starts_s: startsS },
    },
  ]);
}
