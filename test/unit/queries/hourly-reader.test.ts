import { expect } from 'chai';
import { deferred, type Deferred } from '../../../server/deferred.ts';
import { HOUR_MS, type HourMs } from '../../../server/events/hours.ts';
import { noCounts, type HourlyCounts } from '../../../server/queries/hourly-counts.ts';
import { HourlyReader } from '../../../server/queries/hourly-reader.ts';
import { failure } from '../../support/outcome.ts';

const [A, B, C] = [1 * HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS] as const;

/** A view in memory, which notes what it is asked. */
class View {
  readonly rows = new Map<HourMs, HourlyCounts>();
  /** The hours of each question for counters, and for counts with unique users; questions for no hour left out. */
  readonly asked: { readonly counters: HourMs[][]; readonly counts: HourMs[][] } = {
    counters: [],
    counts: [],
  };
  /** While set, questions wait for it before they read. */
  gate: Deferred<void> | undefined;
  /** What the next question fails with. */
  failure: Error | undefined;

  put(hour: HourMs, clicks: number, uniqueUsers: number): void {
    this.rows.set(hour, { hour, clicks, impressions: 0, uniqueUsers });
  }

  async counters(hours: readonly HourMs[]): Promise<HourlyCounts[]> {
    const found = await this.#read(hours, this.asked.counters);
    return found.map((counts) => ({ ...counts, uniqueUsers: 0 }));
  }

  async counts(hours: readonly HourMs[]): Promise<HourlyCounts[]> {
    return await this.#read(hours, this.asked.counts);
  }

  async #read(hours: readonly HourMs[], asked: HourMs[][]): Promise<HourlyCounts[]> {
    if (hours.length === 0) return [];
    asked.push([...hours]);
    await this.gate?.promise;
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    return hours.flatMap((hour) => this.rows.get(hour) ?? []);
  }
}

function readerOf(view: View, maxHours = 100): HourlyReader {
  return new HourlyReader(
    { counters: async (hours) => view.counters(hours), counts: async (hours) => view.counts(hours) },
    maxHours,
  );
}

/** Every step that is already due, of promises and of the event loop. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('HourlyReader', () => {
  let view: View;

  beforeEach(() => {
    view = new View();
    view.put(A, 1, 1);
    view.put(B, 2, 2);
  });

  it('answers in the order asked, also hours twice, with zeros for hours without rows', async () => {
    const expected = [noCounts(C), view.rows.get(B), view.rows.get(A), view.rows.get(B)];
    expect(await readerOf(view).read([C, B, A, B])).to.deep.equal(expected);
    expect(await readerOf(view).read([])).to.deep.equal([]);
  });

  it('makes one query of what is asked at once', async () => {
    const reader = readerOf(view);
    const answers = await Promise.all([reader.read([A]), reader.read([B, A]), reader.read([C])]);
    expect(view.asked).to.deep.equal({ counters: [], counts: [[A, B, C]] });
    expect(answers.map((counts) => counts.map(({ clicks }) => clicks))).to.deep.equal([[1], [2, 1], [0]]);
  });

  it('answers what is asked during a query from a later one, all of it in one', async () => {
    const reader = readerOf(view);
    view.gate = deferred();
    const early = reader.read([A]);
    await settle();
    expect(view.asked.counts).to.deep.equal([[A]]);

    const late = [reader.read([A]), reader.read([B]), reader.read([B])];
    await settle();
    expect(view.asked.counts).to.deep.equal([[A]]);
    view.gate.resolve();
    await early;
    view.put(A, 10, 10);
    const answers = await Promise.all(late);
    expect(answers.flat().map(({ clicks }) => clicks)).to.deep.equal([10, 2, 2]);
    expect(view.asked.counters).to.deep.equal([[A]]);
    expect(view.asked.counts.slice(1)).to.deep.equal([[A, B]]);
  });

  it('does not merge an hour again whose row count is unchanged', async () => {
    const reader = readerOf(view);
    const first = await reader.read([A, B]);
    expect(await reader.read([A, B])).to.deep.equal(first);
    expect(view.asked).to.deep.equal({ counters: [[A, B]], counts: [[A, B]] });
  });

  it('merges just the hours again whose row count has changed', async () => {
    const reader = readerOf(view);
    await reader.read([A, B]);
    view.put(B, 3, 2);
    const [a, b] = await reader.read([A, B]);
    expect([a?.uniqueUsers, b?.clicks, b?.uniqueUsers]).to.deep.equal([1, 3, 2]);
    expect(view.asked.counts).to.deep.equal([[A, B], [B]]);
    await reader.read([A, B]);
    expect(view.asked.counts).to.have.length(2);
  });

  it('asks again for an hour that had no rows', async () => {
    const reader = readerOf(view);
    expect(await reader.read([C])).to.deep.equal([noCounts(C)]);
    view.put(C, 1, 1);
    expect((await reader.read([C]))[0]?.clicks).to.equal(1);
  });

  it('remembers no more hours than it may, and is right about those it forgot', async () => {
    const reader = readerOf(view, 1);
    await reader.read([A]);
    await reader.read([B]);
    expect((await reader.read([A]))[0]?.clicks).to.equal(1);
    expect(view.asked.counts).to.deep.equal([[A], [B], [A]]);
  });

  it('tells of a failure those who asked, and only them', async () => {
    const reader = readerOf(view);
    view.gate = deferred();
    const failing = [failure(reader.read([A])), failure(reader.read([B]))];
    await settle();
    const later = reader.read([A]);
    const lost = new Error('connection lost');
    view.failure = lost;
    view.gate.resolve();
    for (const error of await Promise.all(failing)) expect(error).to.equal(lost);
    expect((await later)[0]?.clicks).to.equal(1);
  });

  it('forgets nothing and invents nothing when it fails between its two questions', async () => {
    const reader = readerOf(view);
    await reader.read([A]);
    view.put(A, 5, 4);
    const broken = new HourlyReader(
      {
        counters: async (hours) => view.counters(hours),
        counts: () => {
          throw new Error('no memory');
        },
      },
      10,
    );
    expect(await failure(broken.read([A]))).to.have.property('message', 'no memory');
    expect((await reader.read([A]))[0]?.uniqueUsers).to.equal(4);
  });
});
