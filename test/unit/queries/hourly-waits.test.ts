import { expect } from 'chai';
import { deferred } from '../../../server/common/deferred.ts';
import { AppError } from '../../../server/common/errors.ts';
import { HOUR_MS } from '../../../server/events/hours.ts';
import type { HourlyQueries } from '../../../server/queries/hourly/read-hourly.ts';
import { readHours } from '../../support/clickhouse/hour-readings.ts';
import { HourTables, settle } from '../../support/clickhouse/hour-tables.ts';
import { failure } from '../../support/http/outcome.ts';

const [A, B, C] = [1 * HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS] as const;
const tooMuch = new AppError('too_expensive', 'a set that is too large');

describe('A question about hours', () => {
  let tables: HourTables;

  beforeEach(() => {
    tables = new HourTables();
    tables.put(A, 1, 1);
    tables.put(B, 2, 2);
  });

  it('waits for what is being stored before it reads', async () => {
    const stored = deferred<void>();
    const asked = readHours(tables.queries).read([A], { lane: 'current', after: stored.promise });
    await settle();
    expect(tables.asked.users).to.deep.equal([]);
    tables.put(A, 10, 10);
    stored.resolve();
    expect((await asked).map(({ clicks }) => clicks)).to.deep.equal([10]);
  });

  it('waits for what is being stored no longer than a moment, and not where an answer is kept', async () => {
    const reader = readHours(tables.queries, { pastTtlMs: 60_000 });
    const never = deferred<void>().promise;
    expect((await reader.read([A], { after: never })).map(({ clicks }) => clicks)).to.deep.equal([1]);
    const again = reader.read([A], { after: never });
    expect(await Promise.race([again, settle()])).to.deep.equal(await again);
  });

  it('is not refused for what others ask: what is too much together is asked again one by one', async () => {
    const withoutC = async <T>(hours: readonly number[], query: (hours: readonly number[]) => Promise<T>) =>
      hours.includes(C) ? Promise.reject(tooMuch) : await query(hours);
    const queries: HourlyQueries = { ...tables.queries, users: async (hours) => withoutC(hours, tables.queries.users) };
    const reader = readHours(queries);
    const [ofA, ofC, ofB] = [reader.read([A]), failure(reader.read([C])), reader.read([B])];
    expect((await ofA)[0]?.uniqueUsers).to.equal(1);
    expect((await ofB)[0]?.uniqueUsers).to.equal(2);
    expect(await ofC).to.equal(tooMuch);
    expect(tables.asked.users).to.deep.equal([[A], [B]]);
  });

  it('is not asked again when it is too much by itself, however many ask it', async () => {
    let asked = 0;
    const users = async () => {
      asked += 1;
      return Promise.reject(tooMuch);
    };
    const reader = readHours({ ...tables.queries, users });
    const errors = await Promise.all([1, 2, 3, 4].map(async () => failure(reader.read([A, B]))));
    expect(errors).to.deep.equal([tooMuch, tooMuch, tooMuch, tooMuch]);
    expect(asked).to.equal(1);
  });

  it('says after a while that ClickHouse does not answer, and goes on for those who can wait', async () => {
    const reader = readHours(tables.queries);
    const gate = (tables.gate = deferred());
    const patient = reader.read([A]);
    expect(await failure(reader.read([A], { withinMs: 5 }))).to.include({ code: 'unavailable' });
    gate.resolve();
    expect((await patient)[0]?.clicks).to.equal(1);
  });
});
