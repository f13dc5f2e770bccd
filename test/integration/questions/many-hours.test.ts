import { expect } from 'chai';
import { HOUR_MS } from '../../../server/events/hours.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

/** More than the address of a query could name. */
const HOURS = 12_000;
const USERS = 3;
const FIRST_US = Date.UTC(2023, 0) * 1000;

describe('Events of 12,000 hours', function () {
  this.timeout(120_000);
  let service: TestApp;

  const rows = Array.from({ length: HOURS }, (_, hour) =>
    eventRow({
      timestamp: FIRST_US + hour * HOUR_MS * 1000,
      received_at: FIRST_US + hour * HOUR_MS * 1000,
      event_id: `id-${hour}`,
      user: `user-${hour % USERS}`,
      name: 'view',
    }),
  );

  before(async () => {
    service = await startTestApp();
    await insertRows(service.database, 'events', rows);
  });
  after(async () => service.remove());

  const top = async () => {
    const answer = await fetch(`${service.url}/events/top?by=user&name=view`, {
      headers: { 'cache-control': 'no-cache' },
    });
    expect(answer.status).to.equal(200);
    const { top } = (await answer.json()) as { top: readonly { key: string; count: number }[] };
    return top.map(({ key, count }) => [key, count]);
  };

  it('are ranked, and again when some of the hours have grown, by copies and by others', async () => {
    const each = HOURS / USERS;
    expect(await top()).to.deep.equal([
      ['user-0', each],
      ['user-1', each],
      ['user-2', each],
    ]);
    const copies = rows.slice(0, 300).map((row) => ({ ...row, received_at: row.received_at + 1 }));
    const others = rows.slice(200, 1100).map((row) => ({ ...row, event_id: `other-${row.event_id}` }));
    await insertRows(service.database, 'events', copies);
    expect(await top()).to.deep.equal([
      ['user-0', each],
      ['user-1', each],
      ['user-2', each],
    ]);
    await insertRows(service.database, 'events', others);
    expect(await top()).to.deep.equal([
      ['user-0', each + 300],
      ['user-1', each + 300],
      ['user-2', each + 300],
    ]);
  });

  it('are counted by month, whether all of them have grown, some or none', async () => {
    const total = async () => {
      const query = `name=grown&interval=month&from=${FIRST_US / 1000}&to=${FIRST_US / 1000 + HOURS * HOUR_MS}`;
      const answer = await fetch(`${service.url}/events/series?${query}`, { headers: { 'cache-control': 'no-cache' } });
      expect(answer.status).to.equal(200);
      const { series } = (await answer.json()) as { series: readonly [{ total: number; values: readonly number[] }] };
      const [{ total, values }] = series;
      expect(values.reduce((sum, value) => sum + value, 0)).to.equal(total);
      return total;
    };
    const grown = rows.map((row) => ({ ...row, name: 'grown' }));
    await insertRows(service.database, 'events', grown);
    expect(await total()).to.equal(HOURS);
    expect(await total()).to.equal(HOURS);
    // A few, by copies and by others.
    await insertRows(service.database, 'events', grown.slice(50, 150));
    await insertRows(
      service.database,
      'events',
      grown.slice(100, 200).map((row) => ({ ...row, event_id: `other-${row.event_id}` })),
    );
    expect(await total()).to.equal(HOURS + 100);
    // More than are named.
    await insertRows(
      service.database,
      'events',
      grown.slice(0, 900).map((row) => ({ ...row, event_id: `more-${row.event_id}` })),
    );
    expect(await total()).to.equal(HOURS + 1000);
  });
});
