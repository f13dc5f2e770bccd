import { expect } from 'chai';
import { HOUR_MS } from '../../../server/events/hours.ts';
import { Closing } from '../../../server/closing.ts';
import { ask } from '../../support/http/ask.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { everyAnswer, rightAnswers, rightHourly } from '../../support/http/every-answer.ts';
import { eventually } from '../../support/http/outcome.ts';
import { seeded } from '../../support/events/random.ts';
import { resend, resentEvents } from '../../support/events/resent-events.ts';
import { runProgram } from '../../support/server/run-program.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const NOW = Date.UTC(2026, 2, 14, 15, 9);
const FROM = NOW - (NOW % HOUR_MS) - 5 * HOUR_MS;
const MONTH_MS = 31 * 24 * HOUR_MS;

describe('Events that their clients send one to four times', () => {
  const random = seeded('every event once');
  const { events, waves } = resentEvents(random, FROM);
  let closing: Closing;
  let database: string;

  beforeEach(async () => {
    closing = new Closing();
    const created = await testDatabase();
    closing.add('database', () => created.drop());
    database = created.name;
  });
  afterEach(async () => closing.close());

  async function start(nowMs = NOW): Promise<TestApp> {
    const app = await startTestApp({ database }, { nowMs: () => nowMs });
    closing.add('app', () => app.remove());
    return app;
  }

  /** Also in what a person asks of the tables, and for `npm run verify`. */
  async function expectEachOnce(...apps: readonly TestApp[]): Promise<void> {
    const right = rightAnswers(events, FROM);
    for (const { url } of apps) await eventually(async () => expect(await everyAnswer(url, FROM)).to.deep.equal(right));
    const hourly = `SELECT unique_users, clicks, impressions FROM ${database}.hourly ORDER BY hour`;
    expect(await ask(testEndpoint(), 'analyst', hourly)).to.equal(rightHourly(events, FROM));
    const raw = `SELECT count(), uniqExact(category, name, event_id, timestamp) FROM ${database}.deduplicated_events`;
    expect(await ask(testEndpoint(), 'analyst', raw)).to.equal(`${events.length}\t${events.length}`);
    const { exitCode, stdout } = await runProgram('server/cli/verify.js', [], { database });
    expect(exitCode, stdout).to.equal(0);
  }

  it('count once, through two servers, within a body, across bodies, at one time and after a restart', async function () {
    this.timeout(120_000);
    const [first = [], second = []] = waves;
    const one = await start();
    const other = await start();
    await resend(first, [one.url, other.url], random);
    await one.app.close();
    const next = await start();
    await resend(second, [other.url, next.url], random);
    await expectEachOnce(other, next);
  });

  it('count once when they come again a month later, when every merge is done and the server is another', async function () {
    this.timeout(120_000);
    const requests = waves.flat();
    const one = await start();
    await resend(requests, [one.url], random);
    await expectEachOnce(one);
    await one.app.close();
    for (const table of ['events', 'minutes', 'hours'])
      await rowsOf(testEndpoint(), database, `OPTIMIZE TABLE ${table} FINAL`);
    const later = await start(NOW + MONTH_MS);
    await resend(requests, [later.url], random);
    await later.app.close();
    const last = await start(NOW + MONTH_MS);
    await expectEachOnce(last);
    const since = `SELECT countIf(received_at > toDateTime(${(NOW + MONTH_MS / 2) / 1000})) FROM ${database}.deduplicated_events`;
    expect(await ask(testEndpoint(), 'analyst', since), 'that are not the first received').to.equal('0');
  });
});
