import { expect } from 'chai';
import { AppError } from '../../../server/common/errors.ts';
import type { LiveQuestion } from '../../../server/live/feed.ts';
import { Feeds, MAX_FEEDS } from '../../../server/live/feeds.ts';
import type { Format, Shown } from '../../../server/live/frames.ts';
import { Backlog } from '../../../server/journal/backlog.ts';
import { createMetrics } from '../../../server/metrics/metrics.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { Reading } from '../../support/http/live-reading.ts';
import { keptLog } from '../../support/logs.ts';

/** A question that answers with how often it was asked, and takes and fails as it is told. */
class Question implements LiveQuestion {
  readonly key: string;
  /** When it was asked. */
  readonly askedMs: number[] = [];
  /** When it was said that nobody waits for it any more. */
  readonly cancelledMs: number[] = [];
  takesMs = 0;
  fails = false;
  size = 0;
  underWay = 0;
  mostUnderWay = 0;
  readonly #clock: HandClock;

  constructor(clock: HandClock, key = 'a question') {
    this.#clock = clock;
    this.key = key;
  }

  async answer(signal: AbortSignal): Promise<Shown> {
    this.askedMs.push(this.#clock.nowMs());
    if (this.askedMs.length === 1) signal.addEventListener('abort', () => this.cancelledMs.push(this.#clock.nowMs()));
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    const count = this.askedMs.length;
    if (this.takesMs > 0) await new Promise<void>((resolve) => this.#clock.after(this.takesMs, resolve));
    this.underWay -= 1;
    if (this.fails) throw new Error('unavailable');
    return { event: 'top', generatedAt: `t${count}`, json: `{"n":${count}}${' '.repeat(this.size)}` };
  }

  problem(error: unknown): Shown {
    return { event: 'problem', generatedAt: 't', json: `{"problem":"${String(error)}"}` };
  }
}

async function valueOf(metric: { get(): Promise<{ values: { value: number }[] }> }) {
  return (await metric.get()).values[0]?.value;
}

describe('Feeds', () => {
  let clock: HandClock;
  let feeds: Feeds;
  let metrics: ReturnType<typeof createMetrics>;
  let lines: Readonly<Record<string, unknown>>[];

  beforeEach(() => {
    clock = new HandClock();
    start(1000);
  });
  afterEach(async () => {
    await feeds.close();
    // What questions of the tests themselves still wait for.
    await clock.pass(60_000);
    expect(clock.timers, 'timers after all feeds are closed').to.equal(0);
  });

  function start(maxReaders: number): void {
    const kept = keptLog();
    ({ lines } = kept);
    metrics = createMetrics(new Backlog(), () => 0);
    feeds = new Feeds({ maxReaders, metrics, log: kept.log, clock });
  }

  function join(question: LiveQuestion, format: Format = 'ndjson'): Reading {
    const reading = new Reading();
    feeds.join(question, { format, requestId: 'r', open: () => reading });
    return reading;
  }

  const refusal = (question: LiveQuestion) => {
    try {
      join(question);
    } catch (error) {
      if (error instanceof AppError) return `${error.code}: ${error.message}, ${error.retryAfterS} s`;
    }
    return undefined;
  };

  it('asks at once, and then once a second however many read', async () => {
    const question = new Question(clock);
    const readings = Array.from({ length: 50 }, () => join(question));
    await clock.pass(3_500);
    expect(question.askedMs.map((ms) => ms - 1_000_000)).to.deep.equal([0, 1000, 2000, 3000]);
    for (const { text } of readings) expect(text).to.equal('{"n":1}\n{"n":2}\n{"n":3}\n{"n":4}\n');
    expect(await valueOf(metrics.live.readers)).to.equal(50);
    expect(await valueOf(metrics.live.queries)).to.equal(4);
  });

  it('makes the bytes once, and gives the same to every reader of a format', async () => {
    const question = new Question(clock);
    const [first, second, events] = [join(question), join(question), join(question, 'sse')];
    await clock.pass(0);
    expect(first.chunks[0]).to.equal(second.chunks[0]);
    expect(events.text).to.equal('retry: 2000\n\nid: t1\nevent: top\ndata: {"n":1}\n\n');
  });

  it('gives who comes later the newest at once while it is fresh', async () => {
    const question = new Question(clock);
    join(question);
    await clock.pass(1_900);
    const late = join(question);
    await clock.pass(0);
    expect(late.text).to.equal('{"n":2}\n');
    question.takesMs = 5_000;
    await clock.pass(3_000);
    const later = join(question);
    await clock.pass(0);
    expect(later.text).to.equal('');
    await clock.pass(3_000);
    // Shown to one less than a second ago, and asked long before that.
    expect([later.text, join(question).text]).to.deep.equal(['{"n":3}\n', '']);
  });

  it('stops asking when nobody reads, and does not ask early for who comes back within the second', async () => {
    const question = new Question(clock);
    for (let visits = 0; visits < 9; visits += 1) {
      const visitor = join(question);
      await clock.pass(100);
      expect(visitor.text).to.equal('{"n":1}\n');
      visitor.destroy();
    }
    await clock.pass(60_000);
    expect(question.askedMs).to.have.length(1);
    expect(clock.timers).to.equal(0);
    expect(await valueOf(metrics.live.readers)).to.equal(0);
    join(question);
    await clock.pass(1_000);
    expect(question.askedMs).to.have.length(3);
  });

  it('cancels a question that has had no reader for a second, and not one that a reader has come back to', async () => {
    const question = new Question(clock);
    question.takesMs = 10_000;
    const startMs = clock.nowMs();
    join(question).destroy();
    await clock.pass(900);
    const back = join(question);
    await clock.pass(2_000);
    expect(question.cancelledMs).to.deep.equal([]);
    back.destroy();
    await clock.pass(1_000);
    expect(question.cancelledMs.map((ms) => ms - startMs)).to.deep.equal([3_900]);
  });

  it('never has two questions of one feed under way, and slow ones delay no other feed', async () => {
    const [slow, quick] = [new Question(clock, 'slow'), new Question(clock, 'quick')];
    slow.takesMs = 2_500;
    join(slow);
    join(quick);
    await clock.pass(10_000);
    expect(slow.mostUnderWay).to.equal(1);
    expect(slow.askedMs.map((ms) => ms - 1_000_000)).to.deep.equal([0, 2500, 5000, 7500, 10_000]);
    expect(quick.askedMs).to.have.length(11);
  });

  it('tells of a problem at once, asks less often while it lasts, and goes on by itself', async () => {
    const question = new Question(clock);
    const reading = join(question);
    await clock.pass(500);
    question.fails = true;
    await clock.pass(14_500);
    expect(question.askedMs.map((ms) => ms - 1_000_000)).to.deep.equal([0, 1000, 2000, 4000, 8000, 12_000]);
    const problem = '{"problem":"Error: unavailable"}\n';
    expect(reading.text).to.equal(`{"n":1}\n${problem.repeat(5)}`);
    const late = join(question);
    question.fails = false;
    await clock.pass(2_500);
    expect(late.text).to.equal(`${problem}{"n":7}\n{"n":8}\n`);
    expect(lines.map(({ msg }) => msg)).to.deep.equal([
      'a live question cannot be answered',
      'a live question is answered again',
    ]);
  });

  it('repeats a problem within 5 s while a question hangs, and never twice within a second', async () => {
    const question = new Question(clock);
    question.fails = true;
    const reading = join(question);
    await clock.pass(500);
    question.takesMs = 9_200;
    const problems = () => reading.text.split('\n').length - 1;
    const told: number[] = [];
    for (let ms = 500; ms < 40_000; ms += 100) {
      const before = problems();
      await clock.pass(100);
      if (problems() > before) told.push(ms);
    }
    const gaps = told.slice(1).map((ms, n) => ms - (told[n] ?? 0));
    expect(gaps).to.have.length.above(5);
    for (const gap of gaps) expect(gap).to.be.within(1_000, 5_000);
  });

  it('sends a heartbeat when nothing else was sent for 15 s, also before the first answer', async () => {
    const question = Object.assign(new Question(clock), { takesMs: 40_000 });
    const [events, lines] = [join(question, 'sse'), join(question)];
    await clock.pass(31_000);
    expect(lines.text).to.equal('\n\n');
    await clock.pass(41_000);
    expect(events.text).to.match(/^retry: \d+\n\n:\n\n:\n\n[^]*data: \{"n":1\}\n\n:\n\n:\n\n$/);
    expect(lines.text).to.equal('\n\n{"n":1}\n\n\n');
    await clock.pass(10_000);
    expect(lines.text).to.equal('\n\n{"n":1}\n\n\n{"n":2}\n');
  });

  it('cuts off a reader that leaves too much, in bytes, and no other', async () => {
    const question = new Question(clock);
    question.size = 1_000_000;
    const [stuck, other] = [join(question), join(question)];
    await clock.pass(500);
    stuck.stall();
    await clock.pass(2_000);
    expect(stuck.destroyed).to.equal(false);
    await clock.pass(1_000);
    expect(stuck.destroyed).to.equal(true);
    await clock.pass(5_000);
    expect(other.chunks).to.have.length(9);
    expect(await valueOf(metrics.live.cutOff)).to.equal(1);
    expect(await valueOf(metrics.live.readers)).to.equal(1);
    expect(lines[0]).to.deep.include({ requestId: 'r', msg: 'a reader did not keep up and was cut off' });
  });

  it('cuts off a reader that takes nothing for more than 10 s, and not one that was slow for a while', async () => {
    const question = new Question(clock);
    const [stuck, slow] = [join(question), join(question)];
    await clock.pass(500);
    for (const reading of [stuck, slow]) reading.stall();
    await clock.pass(9_000);
    slow.goOn();
    await clock.pass(4_000);
    expect([stuck.destroyed, slow.destroyed]).to.deep.equal([true, false]);
    expect(slow.chunks).to.have.length(14);
  });

  it('refuses readers and questions over its limits, and takes them again when there is room', async () => {
    start(2);
    const question = new Question(clock);
    const first = join(question);
    join(question);
    expect(refusal(question)).to.equal('overloaded: No more readers of streams than 2 may be here at once, 5 s');
    first.destroy();
    await clock.pass(0);
    expect(refusal(question)).to.equal(undefined);
    await feeds.close();
    start(1000);
    for (let n = 0; n < MAX_FEEDS; n += 1) join(new Question(clock, `q${n}`));
    expect(refusal(question)).to.equal(
      'overloaded: No more than 100 different questions may have readers at once, 5 s',
    );
    expect(refusal(new Question(clock, 'q5'))).to.equal(undefined);
  });

  it('ends every stream when it is closed, also one that takes nothing, and lets nobody in', async () => {
    const question = new Question(clock);
    const [reading, stuck] = [join(question), join(question)];
    await clock.pass(0);
    stuck.stall();
    question.takesMs = 5_000;
    await clock.pass(1_000);
    stuck.write('held back');
    await feeds.close();
    expect([reading.writableFinished, stuck.destroyed]).to.deep.equal([true, true]);
    await clock.pass(10_000);
    expect(reading.text).to.equal('{"n":1}\n');
    expect(refusal(question)).to.equal('overloaded: The server is stopping, 5 s');
  });
});
