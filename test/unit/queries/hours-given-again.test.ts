import { expect } from 'chai';
import { deferred } from '../../../server/common/deferred.ts';
import { HOUR_MS, type HourMs } from '../../../server/events/hours.ts';
import { readHours } from '../../support/clickhouse/hour-readings.ts';
import { HourTables, settle } from '../../support/clickhouse/hour-tables.ts';
import { failure } from '../../support/http/outcome.ts';
import { Monotonic } from '../../support/monotonic.ts';

const [A, B, CURRENT] = [1 * HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS] as const;

describe('Answers about hours that may be of a moment ago', () => {
  let clock: Monotonic;
  let tables: HourTables;

  beforeEach(() => {
    clock = new Monotonic();
    clock.install();
    tables = new HourTables();
    tables.put(A, 1, 1);
    tables.put(B, 2, 2);
  });

  afterEach(() => clock.uninstall());

  const readerOf = () => readHours(tables.queries, { pastTtlMs: 500 });
  const clicksOf = async ({ read }: ReturnType<typeof readerOf>, hours: readonly HourMs[], fresh = false) =>
    (await read(hours, { fresh })).map(({ clicks }) => clicks);

  it('asks nothing while they are young, and waits for a reading once they are too old', async () => {
    const reader = readerOf();
    expect(await clicksOf(reader, [A, B])).to.deep.equal([1, 2]);
    tables.put(A, 5, 1);
    clock.advance(99);
    expect(await clicksOf(reader, [B, A])).to.deep.equal([2, 1]);
    expect(tables.asked.hourVersions).to.have.length(0);
    clock.advance(401);
    expect(await clicksOf(reader, [B, A])).to.deep.equal([2, 5]);
  });

  it('renews them for those who ask next, all hours together and ten times a second at most', async () => {
    const reader = readerOf();
    await clicksOf(reader, [A]);
    await clicksOf(reader, [B]);
    for (let tenth = 1; tenth <= 10; tenth += 1) {
      tables.put(A, tenth, 1);
      for (let hundredth = 0; hundredth < 10; hundredth += 1) {
        clock.advance(10);
        const [clicks = 0] = await clicksOf(reader, [A]);
        expect(clicks).to.be.within(tenth - 3, tenth);
        expect(await clicksOf(reader, [B])).to.deep.equal([2]);
        await settle();
      }
    }
    expect(tables.asked.hourVersions.length).to.be.within(8, 10);
    expect(tables.asked.hourVersions.filter((hours) => hours.length === 2).length).to.be.above(6);
  });

  it('gives none that is older than one that was given', async () => {
    const reader = readerOf();
    await clicksOf(reader, [A]);
    tables.put(A, 5, 1);
    expect(await clicksOf(reader, [A], true)).to.deep.equal([5]);
    expect(await clicksOf(reader, [A])).to.deep.equal([5]);
  });

  it('gives none of before this server stored events, also when its reading ends only then', async () => {
    const reader = readerOf();
    await clicksOf(reader, [A]);
    tables.put(A, 5, 1);
    reader.stored(CURRENT);
    expect(await clicksOf(reader, [A])).to.deep.equal([5]);
    tables.gate = deferred();
    const asked = clicksOf(reader, [B]);
    await settle();
    reader.stored(CURRENT);
    tables.gate.resolve();
    await asked;
    tables.put(B, 6, 1);
    expect(await clicksOf(reader, [B])).to.deep.equal([6]);
  });

  it('gives no hour as it was before this server stored events once it is not the current one any more', async () => {
    const reader = readerOf();
    await reader.read([A], { lane: 'current' });
    tables.put(A, 5, 1);
    reader.stored(A);
    expect(await reader.read([A], { lane: 'current' })).to.have.nested.property('[0].clicks', 1);
    expect(await clicksOf(reader, [A])).to.deep.equal([5]);
  });

  it('gives the current hour as it was before events were stored only where no other worker answers beside this one', async () => {
    for (const [isOneOfWorkers, clicks] of [
      [false, 1],
      [true, 5],
    ] as const) {
      tables.put(A, 1, 1);
      const reader = readHours(tables.queries, { pastTtlMs: 500, isOneOfWorkers });
      await reader.read([A], { lane: 'current' });
      tables.put(A, 5, 1);
      reader.stored(A);
      expect(await reader.read([A], { lane: 'current' })).to.have.nested.property('[0].clicks', clicks);
    }
  });

  it('goes on when they cannot be renewed, and says so when nothing young is left', async () => {
    const reader = readerOf();
    await clicksOf(reader, [A]);
    clock.advance(200);
    tables.failure = new Error('ClickHouse is unavailable');
    expect(await clicksOf(reader, [A])).to.deep.equal([1]);
    await settle();
    clock.advance(300);
    tables.failure = new Error('ClickHouse is unavailable');
    expect(await failure(clicksOf(reader, [A]))).to.have.property('message', 'ClickHouse is unavailable');
    expect(await clicksOf(reader, [A])).to.deep.equal([1]);
  });
});
