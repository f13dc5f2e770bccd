import { expect } from 'chai';
import { deferred, type Deferred } from '../../../server/common/deferred.ts';
import { HOUR_MS, type HourMs } from '../../../server/events/hours.ts';
import { createHourly } from '../../../server/queries/hourly/hourly.ts';
import type { HourlyCounts } from '../../../server/queries/hourly/hour-counter.ts';
import { settle } from '../../support/clickhouse/hour-tables.ts';
import { keptLog } from '../../support/logs.ts';
import { failure } from '../../support/http/outcome.ts';
import { Monotonic } from '../../support/monotonic.ts';
import { waiting } from '../../support/waiting.ts';

const NOW_MS = Date.UTC(2024, 0, 1, 10, 30);
const CURRENT = Date.UTC(2024, 0, 1, 10);
const PAST = CURRENT - HOUR_MS;
const TTL_MS = 1000;

interface Read {
  readonly hours: readonly HourMs[];
  readonly grown: ReadonlySet<HourMs>;
  readonly answer: Deferred<ReadonlyMap<HourMs, HourlyCounts>>;
}

describe('createHourly', () => {
  let clock: Monotonic;
  let reads: Read[];
  let unhandled: unknown[];
  const onUnhandled = (error: unknown) => unhandled.push(error);

  beforeEach(() => {
    clock = new Monotonic();
    clock.install();
    reads = [];
    unhandled = [];
    process.prependListener('unhandledRejection', onUnhandled);
  });

  afterEach(() => {
    clock.uninstall();
    process.off('unhandledRejection', onUnhandled);
  });

  function open(ttlMs = TTL_MS, nowMs = () => NOW_MS) {
    const { log, lines } = keptLog();
    const counter = {
      count: async (hours: readonly HourMs[], grown: ReadonlySet<HourMs>) => {
        const answer: Read['answer'] = deferred();
        reads.push({ hours, grown, answer });
        return await answer.promise;
      },
    };
    const cache = { ttlMs, pastTtlMs: 500, maxHours: 10 };
    const hourly = createHourly({ counterOf: () => counter, cache, isOneOfWorkers: false, log, nowMs });
    const ask = async (hour: HourMs, fresh = false) => (await hourly.hour(hour, { fresh }, waiting)).counts.clicks;
    return { hourly, ask, lines };
  }

  /** The `index`-th reading so far, which waits for its answer. */
  async function reading(index: number): Promise<Read> {
    await settle();
    const read = reads[index];
    if (read === undefined) throw new Error(`expected a reading number ${index}, received ${reads.length}`);
    return read;
  }

  async function answer(index: number, clicks: number): Promise<void> {
    const read = await reading(index);
    read.answer.resolve(new Map(read.hours.map((hour) => [hour, { hour, clicks, impressions: 0, uniqueUsers: 0 }])));
  }

  async function fail(index: number, error: Error): Promise<void> {
    (await reading(index)).answer.reject(error);
  }

  /** An `ask` whose cache holds the answer 1, which is `ageMs` old. */
  async function withAnswerOf(ageMs: number) {
    const opened = open();
    const first = opened.ask(CURRENT);
    await answer(0, 1);
    expect(await first).to.equal(1);
    clock.advance(ageMs);
    return opened;
  }

  it('answers the current hour from the cache while the answer is young', async () => {
    const { ask } = await withAnswerOf(TTL_MS / 2);
    expect(await ask(CURRENT)).to.equal(1);
    expect(reads).to.have.length(1);
  });

  it('makes one question of misses at once', async () => {
    const { ask } = open();
    const asked = [ask(CURRENT), ask(CURRENT), ask(CURRENT)];
    await answer(0, 7);
    expect(await Promise.all(asked)).to.deep.equal([7, 7, 7]);
    expect(reads).to.have.length(1);
  });

  it('renews an answer that is about to be too old, while everyone is still served', async () => {
    const { ask } = await withAnswerOf(TTL_MS * 0.8);
    expect(await Promise.all([ask(CURRENT), ask(CURRENT)])).to.deep.equal([1, 1]);
    await settle();
    expect(reads).to.have.length(2);
    await answer(1, 2);
    await settle();
    expect(await ask(CURRENT)).to.equal(2);
    clock.advance(TTL_MS / 2);
    expect(await ask(CURRENT)).to.equal(2);
    expect(reads).to.have.length(2);
  });

  it('never serves an answer that is too old: it asks again and waits', async () => {
    const { ask } = await withAnswerOf(TTL_MS + 1);
    const asked = ask(CURRENT);
    await answer(1, 2);
    expect(await asked).to.equal(2);
  });

  it('waits for a renewal under way once the answer has become too old', async () => {
    const { ask } = await withAnswerOf(TTL_MS * 0.8);
    expect(await ask(CURRENT)).to.equal(1);
    clock.advance(TTL_MS);
    const asked = ask(CURRENT);
    await answer(1, 2);
    expect(await asked).to.equal(2);
    expect(reads).to.have.length(2);
  });

  it('serves the last answer when it cannot be renewed, and says so in the log, once', async () => {
    const { ask, lines } = await withAnswerOf(TTL_MS + 1);
    for (const index of [1, 2]) {
      const asked = [ask(CURRENT), ask(CURRENT)];
      await fail(index, new Error('connection lost'));
      expect(await Promise.all(asked)).to.deep.equal([1, 1]);
    }
    expect(lines.map(({ reason, hour }) => [reason, hour])).to.deep.equal([['connection lost', CURRENT]]);
  });

  it('says when the last answer was read, however often it could not be renewed', async () => {
    let nowMs = NOW_MS;
    const { hourly } = open(TTL_MS, () => nowMs);
    const first = hourly.hour(CURRENT, { fresh: false }, waiting);
    await answer(0, 1);
    expect(await first).to.have.property('readMs', NOW_MS);
    for (const index of [1, 2]) {
      nowMs += TTL_MS + 1;
      clock.advance(TTL_MS + 1);
      const again = hourly.hour(CURRENT, { fresh: false }, waiting);
      await fail(index, new Error('connection lost'));
      expect(await again).to.have.property('readMs', NOW_MS);
    }
  });

  it('fails when there is no last answer, and asks again the next time', async () => {
    const { ask } = open();
    const lost = new Error('connection lost');
    const asked = [failure(ask(CURRENT)), failure(ask(CURRENT))];
    await fail(0, lost);
    expect(await Promise.all(asked)).to.deep.equal([lost, lost]);
    const next = ask(CURRENT);
    await answer(1, 3);
    expect(await next).to.equal(3);
  });

  it('leaves no failure unhandled when the first question is slow and then fails', async () => {
    const { ask } = open();
    const asked = [failure(ask(CURRENT))];
    clock.advance(TTL_MS * 0.8);
    asked.push(failure(ask(CURRENT)));
    const lost = new Error('timeout');
    await fail(0, lost);
    expect(await Promise.all(asked)).to.deep.equal([lost, lost]);
    await settle();
    expect(unhandled).to.deep.equal([]);
  });

  it('skips the cache when a fresh answer is asked for', async () => {
    const { ask } = await withAnswerOf(0);
    const asked = ask(CURRENT, true);
    await answer(1, 2);
    expect(await asked).to.equal(2);
  });

  it('gives what a fresh question was told to those who ask after it', async () => {
    const { ask } = await withAnswerOf(0);
    const asked = ask(CURRENT, true);
    await answer(1, 2);
    await asked;
    expect(await ask(CURRENT)).to.equal(2);
    expect(reads).to.have.length(2);
  });

  it('never goes back to an answer that was read before one that was given', async () => {
    const { ask } = await withAnswerOf(TTL_MS + 1);
    const slow = ask(CURRENT);
    await settle();
    const fresh = ask(CURRENT, true);
    await answer(1, 2);
    expect(await slow).to.equal(2);
    await answer(2, 3);
    expect(await fresh).to.equal(3);
    expect(await ask(CURRENT)).to.equal(3);
  });

  it('reads again at once when events were stored, and serves the last answer until then', async () => {
    const { hourly, ask } = await withAnswerOf(0);
    hourly.stored();
    expect(await ask(CURRENT)).to.equal(1);
    expect([...(await reading(1)).grown]).to.deep.equal([CURRENT]);
    await answer(1, 2);
    await settle();
    expect(await ask(CURRENT)).to.equal(2);
    expect(reads).to.have.length(2);
  });

  it('tells nobody who asks after events were stored what was read before', async () => {
    const { hourly, ask } = open();
    const early = ask(CURRENT);
    await settle();
    hourly.stored();
    const late = ask(CURRENT);
    await answer(0, 1);
    expect(await early).to.equal(1);
    await answer(1, 2);
    expect(await late).to.equal(2);
  });

  it('keeps what applications are told apart', async () => {
    const { hourly, ask } = await withAnswerOf(0);
    const asked = hourly.hour(CURRENT, { fresh: false, application: 'shop' }, waiting);
    await answer(1, 5);
    expect((await asked).counts.clicks).to.equal(5);
    expect(await ask(CURRENT)).to.equal(1);
  });

  it('reads a past hour, and gives that again for less long', async () => {
    const { ask } = open();
    const asked = ask(PAST);
    await answer(0, 1);
    expect(await asked).to.equal(1);
    clock.advance(99);
    expect(await ask(PAST)).to.equal(1);
    clock.advance(401);
    const late = ask(PAST);
    await answer(1, 2);
    expect(await late).to.equal(2);
  });

  it('serves no last answer about a past hour, nor to who wants a fresh one', async () => {
    const { ask, lines } = await withAnswerOf(TTL_MS + 1);
    const past = ask(PAST);
    await answer(1, 5);
    await past;
    clock.advance(500);
    const lost = new Error('connection lost');
    const asked = [failure(ask(PAST)), failure(ask(CURRENT, true))];
    await fail(2, lost);
    await fail(3, lost);
    expect(await Promise.all(asked)).to.deep.equal([lost, lost]);
    expect(lines).to.deep.equal([]);
  });

  it('caches nothing when the time to live is 0', async () => {
    const { ask } = open(0);
    for (const clicks of [1, 2]) {
      const asked = ask(CURRENT);
      await answer(clicks - 1, clicks);
      expect(await asked).to.equal(clicks);
    }
  });

  it('reads many hours from the view, and has the current one from where a question about it alone has it', async () => {
    const { hourly } = await withAnswerOf(0);
    const asked = hourly.hours([PAST, CURRENT], { fresh: false }, waiting);
    await answer(1, 5);
    expect((await asked).map(({ hour, clicks }) => [hour, clicks])).to.deep.equal([
      [PAST, 5],
      [CURRENT, 1],
    ]);
    expect(reads[1]?.hours).to.deep.equal([PAST]);
  });
});
