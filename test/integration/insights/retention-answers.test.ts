import { expect } from 'chai';
import { withClient } from '../../../server/clickhouse/client.ts';
import { parseDataPath } from '../../../server/events/data/data-path.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { databaseQuestions } from '../../support/clickhouse/database-questions.ts';
import { eventRow, insertRows, type EventRow } from '../../support/clickhouse/insert-events.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { eventually, failure } from '../../support/http/outcome.ts';
import { getJson, getProblem } from '../../support/http/pages.ts';
import { readStream, topsOf } from '../../support/http/read-stream.ts';
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
  const series = async (query: string) => (await get<Series>(`/events/series?${query}`)).series[0];
  const refused = async (path: string) => {
    const { status, detail } = await getProblem(`${service.url}${path}`);
    expect(status, path).to.equal(422);
    return detail;
  };

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

  it('has the same counts whatever is shown, live as otherwise', async () => {
    const old = { timestamp: (nowMs - 3 * DAY_MS) * 1000, user: 'old' };
    await insertOld({ event_id: 'a', ...old }, { event_id: 'b', ...old, name: 'q' });
    const timestamp = (nowMs - MINUTE_MS) * 1000;
    const twice = { event_id: 'c', timestamp, data: '{"x":"y"}' };
    await insert({ ...twice, received_at: timestamp, user: 'u' });
    await insert({ ...twice, received_at: timestamp + 1, user: 'of a copy' });

    for (const [measure, ofP] of [
      ['events', 2],
      ['users', 3],
    ] as const) {
      const counts = [
        { key: 'p', count: ofP },
        { key: 'q', count: 1 },
      ];
      const question = `by=name&measure=${measure}`;
      expect((await get<Top>(`/events/top?${question}`)).top).to.deep.equal(counts);
      const shown = [
        { ...counts[0], 'data.x': 'y' },
        { ...counts[1], 'data.x': null },
      ];
      expect((await get<Top>(`/events/top?${question}&show=data.x`)).top).to.deep.equal(shown);
      const reader = await readStream(`${service.url}/events/top/stream?${question}&show=data.x`);
      await reader.atLeast(2);
      reader.leave();
      expect(
        topsOf(reader)
          .slice(0, 2)
          .map(({ top }) => top),
      ).to.deep.equal([shown, shown]);
    }
  });

  describe('of a day that is over', () => {
    const dayMs = (Math.floor(nowMs / DAY_MS) - 4) * DAY_MS;
    const days = `from=${dayMs - DAY_MS}&to=${dayMs + 3 * DAY_MS}`;
    const at = (hours: number, minutes: number) => dayMs + (hours * 60 + minutes) * MINUTE_MS;
    const [noon, evening, late] = [at(12, 10), at(18, 10), at(18, 50)];

    beforeEach(async () => {
      const times = [noon, evening, late];
      await insertOld(
        ...times.map((ms, n) => ({ event_id: `${n}`, timestamp: ms * 1000, user: `u${n}`, session_id: 's' })),
      );
    });

    it('counts whole UTC hours of users and whole minutes of events, as ever', async () => {
      for (const measure of ['users', 'sessions', 'events']) {
        const total = measure === 'sessions' ? 1 : 3;
        expect(await series(`${days}&measure=${measure}&interval=day`)).to.include({ total });
      }
      const inIndia = `${days}&measure=events&interval=day&timezone=Asia/Kolkata`;
      expect(await series(inIndia)).to.deep.equal({ key: null, total: 3, values: [0, 2, 1, 0, 0] });
      const inPakistan = `${days}&measure=users&interval=day&timezone=Asia/Karachi`;
      expect(await series(inPakistan)).to.deep.equal({ key: null, total: 3, values: [0, 3, 0, 0, 0] });
      expect(await top(`from=${evening}`)).to.deep.equal(['p=2']);
      expect(await top(`from=${at(18, 0)}&measure=users`)).to.deep.equal(['p=2']);
    });

    it('refuses parts of them, and says what to ask', async () => {
      for (const measure of ['users', 'sessions']) {
        for (const query of [
          `/events/series?${days}&interval=day&timezone=Asia/Kolkata`,
          `/events/series?${days}&interval=hour&timezone=Asia/Kolkata`,
          `/events/series?from=${at(12, 0)}&to=${at(19, 0)}&interval=minute`,
          `/events/series?from=${at(12, 0)}&to=${at(18, 30)}`,
          `/events/top?from=${at(18, 30)}`,
        ]) {
          expect(await refused(`${query}&measure=${measure}`)).to.match(
            /^received .* parts of hours before 2.*Z, whose events .* expected whole UTC hours there: another from, .*zone$/,
          );
        }
      }
      for (const query of [`series?from=${noon + 1}`, `top?to=${evening + 30_000}`]) {
        expect(await refused(`/events/${query}`)).to.contain('expected whole UTC minutes there');
      }
    });

    it('takes parts of them in which nothing was counted', async () => {
      expect(await series(`from=${at(11, 0) + 7}&to=${at(20, 30) + 7}&interval=day&measure=events`)).to.include({
        total: 3,
      });
      expect(await series(`from=${at(11, 30)}&to=${at(20, 30)}&interval=day&measure=users`)).to.include({ total: 3 });
      expect(await top(`from=${noon + 1}&name=q`)).to.deep.equal([]);
    });

    it('begins a window that reaches there with its first whole hour', async () => {
      for (const measure of ['users', 'events']) {
        for (const window of ['7d', '30d'])
          expect(await top(`window=${window}&measure=${measure}`)).to.deep.equal(['p=3']);
      }
    });

    it('takes any part of what is kept', async () => {
      await insert({ event_id: 'new', timestamp: (nowMs - MINUTE_MS) * 1000, user: 'u' });
      for (const measure of ['users', 'events']) {
        expect(await top(`window=24h&measure=${measure}`)).to.deep.equal(['p=1']);
        expect(await series(`interval=hour&timezone=Asia/Kolkata&measure=${measure}`)).to.include({ total: 1 });
      }
    });

    it('has no answer about parts while it is not known what is kept', async () => {
      const asking = databaseQuestions({ name: service.database }, Date.now, { wholeSinceS: () => Infinity });
      const question = { by: 'name', measure: 'users', where: [], show: [], limit: 10 } as const;
      try {
        expect(await asking.questions.top({ ...question, fromUs: dayMs * 1000 }, waiting)).to.have.length(1);
        const error = await failure(asking.questions.top({ ...question, fromUs: noon * 1000 }, waiting));
        expect(error).to.include({ code: 'unavailable' });
      } finally {
        await asking.close();
      }
    });
  });
});
