import { expect } from 'chai';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { getJson } from '../../support/http/pages.ts';
import { startTestApp } from '../../support/server/test-app.ts';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2024, 4, 17);
/** As many intervals as a number has bits. */
const BITS = 64;

interface Counted {
  readonly series: readonly { readonly total: number; readonly values: readonly number[] }[];
}

describe('The users of a series', () => {
  for (const where of ['', '&where=data.plan:free']) {
    it(`are counted in the first and the last of ${BITS} intervals, and of one more${where}`, async () => {
      const service = await startTestApp({}, { nowMs: () => FROM_MS + 100 * HOUR_MS });
      try {
        const came: readonly [hour: number, user: string][] = [
          [0, 'always'],
          [0, 'first'],
          [0, 'first'],
          [0, ''],
          [BITS - 1, 'always'],
          [BITS - 1, 'late'],
          [BITS, 'always'],
          [BITS, 'last'],
        ];
        const rows = came.map(([hour, user], n) =>
          eventRow({ timestamp: (FROM_MS + hour * HOUR_MS) * 1000, event_id: `${n}`, user, data: '{"plan":"free"}' }),
        );
        await insertRows(service.database, 'events', rows);
        const users = async (intervals: number) => {
          const range = `from=${FROM_MS}&to=${FROM_MS + intervals * HOUR_MS}&interval=hour`;
          const { series } = await getJson<Counted>(`${service.url}/events/series?${range}&measure=users${where}`);
          return series;
        };
        const between = Array<number>(BITS - 2).fill(0);
        expect(await users(BITS)).to.deep.equal([{ key: null, total: 3, values: [2, ...between, 2] }]);
        expect(await users(BITS + 1)).to.deep.equal([{ key: null, total: 4, values: [2, ...between, 2, 2] }]);
      } finally {
        await service.remove();
      }
    });
  }
});
