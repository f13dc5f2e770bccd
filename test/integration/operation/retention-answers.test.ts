import { expect } from 'chai';
import { withClient } from '../../../server/clickhouse/client.ts';
import { parseDataPath } from '../../../server/events/data/data-path.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { databaseQuestions } from '../../support/clickhouse/database-questions.ts';
import { eventRow, insertRows, type EventRow } from '../../support/clickhouse/insert-events.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { eventually } from '../../support/http/outcome.ts';
import { getJson } from '../../support/http/pages.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';
import { waiting } from '../../support/waiting.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

interface Top {
  readonly top: readonly { readonly key: string; readonly count: number }[];
}

interface Series {
  readonly series: readonly { readonly total: number; readonly values: readonly number[] }[];
}

interface Funnel {
  readonly steps: readonly { readonly count: number }[];
}

describe('What is asked where RETENTION_DAYS has removed events', () => {
  const nowMs = Date.now();
  let service: TestApp;

  beforeEach(async () => {
    service = await startTestApp({ retentionDays: 1 });
  });
  afterEach(async () => service.remove());

  const command = async (query: string) =>
    withClient({ endpoint: testEndpoint(), role: 'admin', database: service.database }, async (client) =>
      client.command({ query }),
    );
  const insert = async (...rows: readonly Partial<EventRow>[]) =>
    insertRows(
      service.database,
      'events',
      rows.map((row) => eventRow({ name: 'p', ...row })),
    );
  /** Stored, counted, and gone. */
  const insertOld = async (...rows: readonly Partial<EventRow>[]) => {
    await insert(...rows);
    const left = `SELECT toString(count()) AS n FROM events WHERE timestamp < now() - INTERVAL 1 DAY`;
    await eventually(async () =>
      expect(await rowsOf(testEndpoint(), service.database, left)).to.deep.equal([{ n: '0' }]),
    );
  };
  const get = async <Answer>(path: string) => getJson<Answer>(`${service.url}${path}`);
  const top = async (query: string) =>
    (await get<Top>(`/events/top?${query}`)).top.map(({ key, count }) => `${key}=${count}`);

  it('counts an event once that came twice, as ever', async () => {
    await insertOld({ event_id: 'a', timestamp: (nowMs - 3 * DAY_MS) * 1000 });
    await command('SYSTEM STOP MERGES events');
    const timestamp = (nowMs - MINUTE_MS) * 1000;
    const twice = { event_id: 'b', timestamp, user: 'u', data: '{"x":"y"}' };
    await insert({ ...twice, received_at: timestamp });
    await insert({ ...twice, received_at: timestamp + 800_000 });

    expect(await top('name=p&by=data.x')).to.deep.equal(['y=1']);
    const { series } = await get<Series>(`/events/series?name=p&by=data.x&interval=day&from=${nowMs - 5 * DAY_MS}`);
    expect(series.map(({ total }) => total)).to.deep.equal([1]);
    const { steps } = await get<Funnel>('/events/funnel?step=p&step=p');
    expect(steps.map(({ count }) => count)).to.deep.equal([1, 0]);

    // What is too old by the clock of the question, and has not gone yet; or nothing is known.
    for (const wholeSinceS of [nowMs / 1000, Infinity]) {
      const asking = databaseQuestions({ name: service.database }, Date.now, { wholeSinceS: () => wholeSinceS });
      const question = {
        by: parseDataPath('data.x', 'by'),
        measure: 'events',
        where: [],
        show: [],
        limit: 10,
      } as const;
      try {
        expect((await asking.questions.top(question, waiting)).map(({ count }) => count)).to.deep.equal([1]);
      } finally {
        await asking.close();
      }
    }
  });
});
