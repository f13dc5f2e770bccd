import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { applyRetention, rawSinceS, wholeSinceS } from '../../../server/clickhouse/retention.ts';
import { createLogger } from '../../../server/common/log.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { eventually } from '../../support/http/outcome.ts';
import { getJson } from '../../support/http/pages.ts';
import { startTestApp } from '../../support/server/test-app.ts';

const DAY_MS = 86_400_000;
const HOUR_S = 3600;

describe('RETENTION_DAYS', () => {
  let database: MigratedDatabase;
  const ask = <Row>(query: string) => rowsOf<Row>(testEndpoint(), database.name, query);
  const apply = (retentionDays: number | undefined) =>
    applyRetention({
      endpoint: testEndpoint(),
      database: database.name,
      retentionDays,
      log: createLogger('silent'),
    });
  const since = () => rawSinceS(testEndpoint(), database.name);
  const insert = (events: Readonly<Record<string, number>>) =>
    insertRows(
      database.name,
      'events',
      Object.entries(events).map(([id, ms]) =>
        eventRow({ event_id: id, user: id, timestamp: ms * 1000, received_at: Date.now() * 1000 }),
      ),
    );
  const raw = async () =>
    (await ask<{ event_id: string }>('SELECT event_id FROM events ORDER BY event_id')).map((row) => row.event_id);
  const until = async (ids: readonly string[]) => {
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(100)) {
      if (String(await raw()) === String(ids)) return;
    }
    expect(await raw()).to.deep.equal(ids);
  };

  beforeEach(async () => {
    database = await migratedDatabase();
  });
  afterEach(() => database.drop());

  const now = Date.now();
  const events = {
    ancient: Date.UTC(1970, 0, 2),
    far: Date.UTC(2112, 0, 1),
    last: Date.UTC(2106, 0, 1),
    old: now - 31 * DAY_MS,
    young: now - 29 * DAY_MS,
  };

  it('removes raw events that are older, and neither others nor any number by the hour', async () => {
    await apply(30);
    await insert(events);
    await until(['far', 'last', 'young']);
    const counted = await ask<{ hours: string; users: string }>(
      'SELECT toString(sum(rows)) AS hours, toString(uniqExactMerge(users)) AS users FROM hours',
    );
    expect(counted).to.deep.equal([{ hours: '5', users: '5' }]);
    expect(await ask('SELECT toString(uniqExactMerge(ids)) AS ids FROM minutes')).to.deep.equal([{ ids: '5' }]);
  });

  it('leaves the users of days whose raw events are gone in the answers, however few', async () => {
    const service = await startTestApp({ retentionDays: 30 });
    try {
      const users = [31, 33, 1].map((days) =>
        eventRow({ event_id: `${days}`, user: `${days}`, timestamp: (now - days * DAY_MS) * 1000 }),
      );
      await insertRows(service.database, 'events', users);
      const left = async () =>
        rowsOf<{ n: string }>(testEndpoint(), service.database, 'SELECT toString(count()) AS n FROM events');
      await eventually(async () => expect(await left()).to.deep.equal([{ n: '1' }]));
      const fromMs = (Math.floor(now / DAY_MS) - 40) * DAY_MS;
      const path = `/events/series?measure=users&interval=day&from=${fromMs}`;
      const totals = async (url: string) =>
        (await getJson<{ series: readonly { total: number }[] }>(`${url}${path}`)).series.map(({ total }) => total);
      expect(await totals(service.url)).to.deep.equal([3]);
      // What was removed does not come back with another value, nor with none.
      for (const retentionDays of [90, undefined]) {
        const later = await startTestApp({ database: service.database, retentionDays });
        const found = await totals(later.url);
        await later.remove();
        expect(found).to.deep.equal([3]);
      }
    } finally {
      await service.remove();
    }
  });

  it('removes what was there before it was set', async () => {
    await insert(events);
    expect(await raw()).to.have.length(5);
    expect(await wholeSinceS(testEndpoint(), database.name)).to.equal(0);
    await apply(30);
    await until(['far', 'last', 'young']);
    // As a server that was not started again finds with its next look.
    expect(await wholeSinceS(testEndpoint(), database.name)).to.be.closeTo((now - 30 * DAY_MS) / 1000, 300);
  });

  it('changes nothing where it is set already, also by several servers at once, and follows the last one', async () => {
    const engine = async () => {
      const [row] = await ask<{ engine: string }>(
        `SELECT engine_full AS engine FROM system.tables WHERE database = currentDatabase() AND name = 'events'`,
      );
      return row?.engine;
    };
    const without = await engine();
    await apply(undefined);
    expect(await engine()).to.equal(without);
    await Promise.all([apply(30), apply(30), apply(30)]);
    expect(await engine()).to.contain('toIntervalDay(30)');
    const mutations = `SELECT count() AS n FROM system.mutations WHERE database = currentDatabase() AND table = 'events'`;
    const before = await ask(mutations);
    await apply(30);
    expect(await ask(mutations)).to.deep.equal(before);
    await apply(7);
    expect(await engine()).to.contain('toIntervalDay(7)');
    await apply(undefined);
    expect(await engine()).to.equal(without);
  });

  it('knows what a TTL of any other form has removed, also once it is replaced', async () => {
    for (const [expression, days] of [
      ['toDateTime(timestamp) + INTERVAL 3 MONTH', 84],
      ['toDateTime(received_at) + toIntervalWeek(2)', 14],
      ['toDateTime(timestamp) + 864000', 0],
    ] as const) {
      await database.client.command({ query: `ALTER TABLE events MODIFY TTL ${expression}` });
      for (const setAgain of [false, true]) {
        if (setAgain) await apply(undefined);
        expect(await since(), expression).to.be.within(sinceS(days) + HOUR_S - 60, sinceS(days) + 2 * HOUR_S);
      }
    }
  });

  it('says from which hour on raw is whole, also after it was set otherwise', async () => {
    expect(await since()).to.equal(0);
    await apply(30);
    const thirty = await since();
    expect(thirty % HOUR_S).to.equal(0);
    expect(thirty).to.be.within(sinceS(30) + HOUR_S - 60, sinceS(30) + 2 * HOUR_S);
    await apply(90);
    expect(await since(), 'what went does not come back').to.equal(thirty);
    await apply(7);
    expect(await since()).to.be.within(sinceS(7) + HOUR_S - 60, sinceS(7) + 2 * HOUR_S);
    await apply(undefined);
    expect(await since()).to.be.greaterThan(thirty);
  });
});

function sinceS(days: number): number {
  return (Date.now() - days * DAY_MS) / 1000;
}
