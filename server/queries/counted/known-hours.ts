import { LRUCache } from 'lru-cache';
import { allOf } from '../sql/conditions.ts';
import { hoursAre, readVersions, type Count, type Counting, type HoursBetween } from './grown-hours.ts';
import { KnownMinutes, type MinuteSelection } from './known-minutes.ts';
import { BY_HOUR, countEvents, type CountedGroup, type HourGroups } from './settled-hours.ts';

/** Of all questions together: groups, or as much as they take, of some 100 bytes. */
const MAX_SIZE = 200_000;
const OF_A_QUESTION = 100;
const CHARACTERS_OF_A_GROUP = 50;
const MAX_SIZES = 100;
/** How long sets are taken for as large as they were. */
const SIZES_MS = 60_000;
/** So many groups are named in a query; of more, all are counted. */
const MAX_NAMED = 500;
/** So many hours are counted by their minutes at a time. */
const MAX_GROWING = 24;

/**
 * How many events each hour has, or each group of hours, remembered by the question. What has the version that was counted
 * is not counted again: to look at the versions takes a hundredth of the time where many names are counted.
 */
export class KnownHours {
  readonly #questions = new LRUCache<string, ReadonlyMap<number, CountedGroup>>({
    maxSize: MAX_SIZE,
    sizeCalculation: (groups, question) =>
      groups.size + Math.ceil(question.length / CHARACTERS_OF_A_GROUP) + OF_A_QUESTION,
  });
  readonly #minutes = new KnownMinutes();
  /** Whether sets are small, by the hours they are of. It decides what is read, not what is counted. */
  readonly areSmall = new LRUCache<string, boolean>({ max: MAX_SIZES, ttl: SIZES_MS });

  /**
   * The events of each group that is not empty, by its number; of hours that is their beginning in seconds since the epoch.
   * @throws what `queryRows` throws
   */
  async read(
    counting: Counting,
    selection: MinuteSelection,
    between: HoursBetween,
    groups = BY_HOUR,
  ): Promise<ReadonlyMap<number, number>> {
    // An hour is the same in every range; other groups may be cut by it.
    const question = JSON.stringify(groups === BY_HOUR ? [selection] : [selection, between, groups.params]);
    const known = this.#questions.get(question);
    if (known === undefined) {
      const counted = await countEvents(counting, selection, between, groups);
      this.#remember(question, counted);
      return new Map([...counted].map(([key, { events }]) => [key, events]));
    }
    const { group, where, params } = groups;
    const hours = allOf([hoursAre(selection, between), { sql: where, params }]);
    const versions = await readVersions(counting, 'hours', group, hours);
    const changed = [...versions].filter(([key, version]) => known.get(key)?.version !== version).map(([key]) => key);
    const byMinutes = groups === BY_HOUR ? this.#growingAgain(selection, changed) : [];
    const others = changed.filter((key) => !byMinutes.includes(key));
    const counted = new Map([
      ...(await countThese(counting, selection, between, groups, others)),
      ...(await this.#countMinutes(counting, selection, versions, byMinutes)),
    ]);
    this.#remember(question, counted);
    return new Map([...versions.keys()].map((key) => [key, (counted.get(key) ?? known.get(key))?.events ?? 0]));
  }

  #remember(question: string, counted: ReadonlyMap<number, CountedGroup>): void {
    const settled = [...counted].filter(([, { isSettled }]) => isSettled);
    if (settled.length === 0) return;
    this.#questions.set(question, new Map([...(this.#questions.get(question) ?? []), ...settled]));
  }

  /** An hour that grows for the first time may have been counted by others, and kept: then its minutes need not be read. */
  #growingAgain(selection: MinuteSelection, hoursS: readonly number[]): readonly number[] {
    return hoursS.filter((hourS) => this.#minutes.growsAgain(selection, hourS)).slice(-MAX_GROWING);
  }

  /** @param versions of the hours in `hours` */
  async #countMinutes(
    counting: Counting,
    selection: MinuteSelection,
    versions: ReadonlyMap<number, bigint>,
    hoursS: readonly number[],
  ): Promise<ReadonlyMap<number, CountedGroup>> {
    const counted = await this.#minutes.read(counting, selection, hoursS);
    // An INSERT reaches the two tables one after the other.
    const isSettled = (hourS: number, { version }: Count) => version === versions.get(hourS);
    return new Map([...counted].map(([hourS, hour]) => [hourS, { ...hour, isSettled: isSettled(hourS, hour) }]));
  }
}

/** The same as `countEvents`, of these groups; of others, too, if they are many. */
async function countThese(
  counting: Counting,
  selection: MinuteSelection,
  between: HoursBetween,
  groups: HourGroups,
  keys: readonly number[],
): Promise<ReadonlyMap<number, CountedGroup>> {
  if (keys.length === 0) return new Map();
  if (keys.length > MAX_NAMED) return await countEvents(counting, selection, between, groups);
  const { group, where, params } = groups;
  const since = { ...between, fromS: Math.max(between.fromS, Math.min(...keys)) };
  return await countEvents(counting, selection, since, {
    group,
    where: `${where} AND ${group} IN {only_groups:Array(Int64)}`,
    params: { ...params, only_groups: keys },
  });
}
