import { expect } from 'chai';
import { formatTimeUs } from '../../../server/events/time.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { allPages } from '../../support/http/pages.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const START_US = Date.UTC(2024, 0, 1) * 1000;
const DAY_US = 24 * 3600 * 1_000_000;
const STORED = 240;

/** Of two servers, which are shipped in another order than the events were received in; many share a time. */
function event(n: number, what: string) {
  return eventRow({
    timestamp: START_US + Math.floor(n / 3) * DAY_US,
    received_at: START_US + 400 * DAY_US + ((n * 97) % STORED),
    event_id: `${what}-${n}`,
    session_id: 's',
    data: `{"n":${n}}`,
  });
}

describe('Pages of events while events keep arriving', () => {
  let service: TestApp;

  beforeEach(async () => {
    service = await startTestApp();
    await insertRows(
      service.database,
      'events',
      Array.from({ length: STORED }, (_, n) => event(n, 'stored')),
    );
  });
  afterEach(async () => service.remove());

  for (const path of ['/events', '/sessions/s', '/categories/page%20interaction']) {
    for (const order of ['asc', 'desc']) {
      it(`give each event that was there exactly once, in order: ${path} ${order}`, async () => {
        let round = 0;
        const arrive = async () => {
          round += 1;
          // Before, at and behind every place where a page can end; some of them a moment older than what is there.
          const late = [0, 1, 40, 79, STORED - 1].map((n) => ({
            ...event(n, `late-${round}`),
            received_at: START_US + 300 * DAY_US - round,
          }));
          const fresh = [3, STORED - 1, STORED + 30].map((n) => ({
            ...event(n, `new-${round}`),
            received_at: START_US + 500 * DAY_US + round * 1000 + n,
          }));
          await insertRows(service.database, 'events', [...late, ...fresh]);
        };
        const events = await allPages(`${service.url}${path}?limit=23&order=${order}`, arrive);
        expect(round).to.be.greaterThan(8);
        const ids = events.map(({ event_id }) => event_id);
        expect(new Set(ids).size).to.equal(ids.length);
        expect(ids.filter((id) => id.startsWith('stored-'))).to.have.length(STORED);
        const places = events.map(({ timestamp, received_at }) => `${timestamp} ${received_at}`);
        const sorted = [...places].sort();
        expect(places).to.deep.equal(order === 'asc' ? sorted : sorted.toReversed());
      });
    }
  }

  it('include what arrives ahead of the place that was reached', async () => {
    const ahead = eventRow({ timestamp: START_US + 300 * DAY_US, event_id: 'ahead' });
    let isThere = false;
    const events = await allPages(`${service.url}/events?limit=100`, async () => {
      if (!isThere) await insertRows(service.database, 'events', [ahead]);
      isThere = true;
    });
    expect(events.at(-1)).to.include({ event_id: 'ahead', timestamp: formatTimeUs(ahead.timestamp) });
    expect(events).to.have.length(STORED + 1);
  });
});
