import { expect } from 'chai';
import { LRUCache } from 'lru-cache';
import { connectAny, type Nodes } from '../../../server/clickhouse/nodes.ts';
import { createLogger } from '../../../server/common/log.ts';
import { defaults } from '../../../server/config/config.ts';
import { eraseUser } from '../../../server/erase/erase-user.ts';
import { readCategories, type Known } from '../../../server/queries/categories.ts';
import { countedNow, type Counting } from '../../../server/queries/counted/grown-hours.ts';
import { KnownHours } from '../../../server/queries/counted/known-hours.ts';
import type { HourGroups } from '../../../server/queries/counted/settled-hours.ts';
import { HourCounter } from '../../../server/queries/hourly/hour-counter.ts';
import { hourlyQueries } from '../../../server/queries/hourly/read-hourly.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventRow, insertRows, type EventRow } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { waiting } from '../../support/waiting.ts';

const DAY_S = Date.UTC(2026, 4, 1) / 1000;
const BY_DAY: HourGroups = { group: 'intDiv(toUnixTimestamp(hour), 86400) * 86400', where: '1', params: {} };

function eventAt(hour: number, event_id: string, user = 'other'): EventRow {
  const timestamp = (DAY_S + hour * 3600) * 1_000_000;
  return eventRow({ timestamp, category: 'c', name: 'click', event_id, user, session_id: user });
}

function clickAt(hour: number, event_id: string, user: string): EventRow {
  return { ...eventAt(hour, event_id, user), category: 'analytics' };
}

describe('Counts that are known from before', function () {
  this.timeout(60_000);
  let database: MigratedDatabase;
  let directory: TempDir;
  let nodes: Nodes;
  let known: KnownHours;
  const ofNames: Known = { names: new LRUCache({ max: 10 }), sessions: new LRUCache({ max: 10 }) };

  before(async () => {
    database = await migratedDatabase();
    directory = await tempDir();
    nodes = connectAny({ endpoint: testEndpoint(), database: database.name, role: 'query' });
    known = new KnownHours();
  });
  after(async () => {
    await nodes.close();
    await database.drop();
    await directory.remove();
  });

  const counting = (): Counting => {
    const bounds = { limits: defaults.questions, narrower: 'less' };
    return { nodes, ingestNodes: nodes, known, bounds, nowMs: Date.now };
  };

  /** By day, by hour, and of the category; and its sessions. */
  async function events(): Promise<readonly (number | undefined)[]> {
    const between = { fromS: DAY_S, toS: DAY_S + 86_400 };
    const counted = [
      await known.read(counting(), {}, between, BY_DAY),
      await known.read(counting(), {}, between),
    ] as const;
    const [day, hours] = counted.map((groups) => [...groups.values()].reduce((sum, count) => sum + count, 0));
    const [category] = await readCategories(counting(), undefined, ofNames);
    return [day, hours, category?.events, category?.sessions];
  }

  const insert = (...made: readonly EventRow[]) => insertRows(database.name, 'events', made);

  async function erase(user: string): Promise<void> {
    const erasing = { endpoint: testEndpoint(), database: database.name, dataDir: directory.path, waitMs: 5_000 };
    await eraseUser({ user, application: undefined }, { ...erasing, nowMs: Date.now, log: createLogger('silent') });
  }

  it('are counted again where there are more rows, event by event and copy by copy', async () => {
    await insert(eventAt(1, 'x1', 'x'), eventAt(2, 'x2', 'x'), eventAt(2, 'o1'));
    expect(await events()).to.deep.equal([3, 3, 3, 2]);
    for (const id of ['o2', 'o3', 'o4']) {
      await insert(eventAt(2, id));
      const count = 2 + Number(id.slice(1));
      expect(await events(), id).to.deep.equal([count, count, count, 2]);
      await insert(eventAt(2, id));
      expect(await events(), `a copy of ${id}`).to.deep.equal([count, count, count, 2]);
    }
  });

  it('are counted again after an erasure, though another hour got as many rows as it had', async () => {
    // One stored row of each key, so that as many go as come.
    await database.client.command({ query: 'OPTIMIZE TABLE hours FINAL' });
    expect(await events()).to.deep.equal([6, 6, 6, 2]);
    await erase('x');
    expect(await events()).to.deep.equal([4, 4, 4, 1]);
  });

  it('that were kept at more rows than there are, as of a shard that is gone, are not taken', async () => {
    const [category] = await readCategories(counting(), undefined, ofNames);
    await database.client.command({
      query: `
        INSERT INTO hours (hour, application, category, name, counted)
        SELECT ${DAY_S + 2 * 3600}, '', 'c', 'click', ${countedNow('1000', '999')}`,
    });
    const none: Known = { names: new LRUCache({ max: 10 }), sessions: new LRUCache({ max: 10 }) };
    const [again] = await readCategories(counting(), undefined, none);
    expect(again?.events).to.equal(category?.events);
  });

  it('of clicks and impressions are counted again after an erasure, though the hour has as many rows', async () => {
    const ofClicks = clickAt(5, 'c1', 'y');
    await insert(
      ofClicks,
      { ...ofClicks, name: 'impression' },
      { ...ofClicks, name: 'impression', user: 'o', event_id: 'i1' },
    );
    await database.client.command({ query: 'OPTIMIZE TABLE hours FINAL' });
    await database.client.command({ query: 'OPTIMIZE TABLE minutes FINAL' });
    const counter = new HourCounter((signal) => hourlyQueries(nodes.until(signal), defaults.questions, undefined), 10);
    const hour = (DAY_S + 5 * 3600) * 1000;
    const count = async () => (await counter.count([hour], new Set(), waiting)).get(hour);
    expect(await count()).to.deep.equal({ hour, clicks: 1, impressions: 2, uniqueUsers: 2 });
    await erase('y');
    expect(await count()).to.deep.equal({ hour, clicks: 0, impressions: 1, uniqueUsers: 1 });
  });

  it('are counted again where all of an hour was erased, and as much was sent again', async () => {
    const counter = new HourCounter((signal) => hourlyQueries(nodes.until(signal), defaults.questions, undefined), 10);
    const hour = (DAY_S + 6 * 3600) * 1000;
    const count = async () => (await counter.count([hour], new Set(), waiting)).get(hour);
    await insert(clickAt(6, 'u1', 'undefined'), clickAt(6, 'u2', 'undefined'));
    expect(await count()).to.deep.equal({ hour, clicks: 2, impressions: 0, uniqueUsers: 1 });
    await erase('undefined');
    await insert(clickAt(6, 'a1', 'a'), clickAt(6, 'b1', 'b'));
    expect(await count()).to.deep.equal({ hour, clicks: 2, impressions: 0, uniqueUsers: 2 });
  });

  it('are right where there are more names and categories than are remembered', async () => {
    const many = await migratedDatabase();
    const itsNodes = connectAny({ endpoint: testEndpoint(), database: many.name, role: 'query' });
    try {
      const made = ['a', 'b', 'c', 'd'].map((name, at) => ({ ...eventAt(at, name), category: name, name }));
      await insertRows(many.name, 'events', made);
      const few: Known = { names: new LRUCache({ max: 2 }), sessions: new LRUCache({ max: 2 }) };
      for (let times = 0; times < 3; times += 1) {
        const found = await readCategories({ ...counting(), nodes: itsNodes }, undefined, few);
        expect(found.map(({ category, events, sessions }) => [category, events, sessions])).to.deep.equal([
          ['a', 1, 1],
          ['b', 1, 1],
          ['c', 1, 1],
          ['d', 1, 1],
        ]);
      }
    } finally {
      await itsNodes.close();
      await many.drop();
    }
  });
});
