import { expect } from 'chai';
import { deferred } from '../../../server/common/deferred.ts';
import { HOUR_MS } from '../../../server/events/hours.ts';
import { HourCounter, noCounts } from '../../../server/queries/hourly/hour-counter.ts';
import type { HourlyQueries } from '../../../server/queries/hourly/read-hourly.ts';
import { readHours } from '../../support/clickhouse/hour-readings.ts';
import { HourTables, settle } from '../../support/clickhouse/hour-tables.ts';
import { failure } from '../../support/http/outcome.ts';
import { waiting } from '../../support/waiting.ts';

const [A, B, C] = [1 * HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS] as const;

describe('HourlyReader', () => {
  let tables: HourTables;

  beforeEach(() => {
    tables = new HourTables();
    tables.put(A, 1, 1);
    tables.put(B, 2, 2);
  });

  it('answers in the order asked, also hours twice, with zeros for hours without rows', async () => {
    const expected = [
      noCounts(C),
      tables.hours.get(B)?.counts,
      tables.hours.get(A)?.counts,
      tables.hours.get(B)?.counts,
    ];
    expect(await readHours(tables.queries).read([C, B, A, B])).to.deep.equal(expected);
    expect(await readHours(tables.queries).read([])).to.deep.equal([]);
  });

  it('makes one query of what is asked at once', async () => {
    const reader = readHours(tables.queries);
    const answers = await Promise.all([reader.read([A]), reader.read([B, A]), reader.read([C])]);
    expect(tables.asked.users).to.deep.equal([[A, B, C]]);
    expect(tables.asked.events).to.deep.equal([[A, B, C]]);
    expect(answers.map((counts) => counts.map(({ clicks }) => clicks))).to.deep.equal([[1], [2, 1], [0]]);
  });

  it('answers what is asked during a query from a later one, all of it in one', async () => {
    const reader = readHours(tables.queries);
    const [gate, later] = [deferred<void>(), deferred<void>()];
    tables.gate = gate;
    const early = reader.read([A]);
    await settle();
    expect(tables.asked.users).to.deep.equal([[A]]);

    const late = [reader.read([A]), reader.read([B]), reader.read([B])];
    await settle();
    expect(tables.asked.users).to.deep.equal([[A]]);
    tables.gate = later;
    gate.resolve();
    expect((await early)[0]?.clicks).to.equal(1);
    tables.put(A, 10, 10);
    later.resolve();
    const answers = await Promise.all(late);
    expect(answers.flat().map(({ clicks }) => clicks)).to.deep.equal([10, 2, 2]);
    expect(tables.asked.hourVersions).to.deep.equal([[A]]);
    expect(tables.asked.users.slice(1)).to.deep.equal([[A, B]]);
  });

  it('does not let one lane wait for another', async () => {
    const reader = readHours(tables.queries);
    const gate = (tables.gate = deferred());
    const range = reader.read([A, B], { lane: 'range' });
    await settle();
    tables.gate = undefined;
    expect((await reader.read([C], { lane: 'current' })).map(({ clicks }) => clicks)).to.deep.equal([0]);
    gate.resolve();
    expect((await range).map(({ clicks }) => clicks)).to.deep.equal([1, 2]);
  });

  it('answers no lane with less than a later reading of another has said', async () => {
    const reader = readHours(tables.queries);
    const gate = (tables.gate = deferred());
    const early = reader.read([A], { lane: 'range' });
    await settle();
    const before = tables.hours.get(A);
    tables.gate = undefined;
    tables.put(A, 10, 10);
    expect((await reader.read([A])).map(({ clicks }) => clicks)).to.deep.equal([10]);
    if (before !== undefined) tables.hours.set(A, before);
    gate.resolve();
    expect((await early).map(({ clicks }) => clicks)).to.deep.equal([10]);
  });

  it('answers no hour with less when it is over than while it was the current one', async () => {
    const reader = readHours(tables.queries);
    const gate = (tables.gate = deferred());
    const early = reader.read([A], { lane: 'current' });
    await settle();
    const before = tables.hours.get(A);
    tables.gate = undefined;
    tables.put(A, 10, 10);
    expect((await reader.read([A]))[0]?.clicks).to.equal(10);
    if (before !== undefined) tables.hours.set(A, before);
    gate.resolve();
    expect((await early)[0]?.clicks).to.equal(10);
  });

  it('does not merge an hour again whose row count is unchanged', async () => {
    const reader = readHours(tables.queries);
    const first = await reader.read([A, B]);
    expect(await reader.read([A, B])).to.deep.equal(first);
    expect(tables.asked).to.deep.equal({
      hourVersions: [[A, B]],
      users: [[A, B]],
      events: [[A, B]],
      minuteVersions: [],
      minuteEvents: [],
    });
  });

  it('merges just the hours again whose row count has changed', async () => {
    const reader = readHours(tables.queries);
    await reader.read([A, B]);
    tables.put(B, 3, 2);
    const [a, b] = await reader.read([A, B]);
    expect([a?.uniqueUsers, b?.clicks, b?.uniqueUsers]).to.deep.equal([1, 3, 2]);
    expect(tables.asked.users).to.deep.equal([[A, B], [B]]);
    await reader.read([A, B]);
    expect(tables.asked.users).to.have.length(2);
  });

  it('asks again for an hour that had no rows', async () => {
    const reader = readHours(tables.queries);
    expect(await reader.read([C])).to.deep.equal([noCounts(C)]);
    tables.put(C, 1, 1);
    expect((await reader.read([C]))[0]?.clicks).to.equal(1);
  });

  it('remembers no more hours than it may, and is right about those it forgot', async () => {
    const reader = readHours(tables.queries, { maxHours: 1 });
    await reader.read([A]);
    await reader.read([B]);
    expect((await reader.read([A]))[0]?.clicks).to.equal(1);
    expect(tables.asked.users).to.deep.equal([[A], [B], [A]]);
  });

  it('tells of a failure those who asked, and only them', async () => {
    const reader = readHours(tables.queries);
    tables.gate = deferred();
    const failing = [failure(reader.read([A])), failure(reader.read([B]))];
    await settle();
    const later = reader.read([A]);
    const lost = new Error('connection lost');
    tables.failure = lost;
    tables.gate.resolve();
    for (const error of await Promise.all(failing)) expect(error).to.equal(lost);
    expect((await later)[0]?.clicks).to.equal(1);
  });

  it('forgets nothing and invents nothing when it fails between its queries', async () => {
    const reader = readHours(tables.queries);
    await reader.read([A]);
    tables.put(A, 5, 4);
    const queries: HourlyQueries = {
      ...tables.queries,
      users: async () => Promise.reject(new Error('no memory')),
    };
    expect(await failure(readHours(queries).read([A]))).to.have.property('message', 'no memory');
    expect((await reader.read([A]))[0]?.uniqueUsers).to.equal(4);
  });

  it('counts of an hour that grows just the minutes that have grown', async () => {
    const reader = readHours(tables.queries);
    for (const clicks of [1, 2, 3]) {
      tables.put(A, clicks, 1);
      expect((await reader.read([A]))[0]?.clicks).to.equal(clicks);
    }
    expect(tables.asked.events).to.deep.equal([[A]]);
    // The first time all of them, and then the last and the next.
    expect(tables.asked.minuteEvents).to.deep.equal([[A], [A, A]]);
  });

  it('does not ask first whether an hour has grown that is known to have, and counts just its minutes', async () => {
    const counter = new HourCounter(() => tables.queries, 10);
    for (const clicks of [1, 2, 3]) {
      tables.put(A, clicks, 1);
      expect((await counter.count([A], new Set([A]), waiting)).get(A)?.clicks).to.equal(clicks);
    }
    expect(tables.asked.hourVersions).to.deep.equal([]);
    expect(tables.asked.events).to.deep.equal([[A]]);
    expect(tables.asked.minuteEvents).to.deep.equal([[A], [A, A]]);
  });

  it('answers nothing that was read between the two tables of one INSERT', async () => {
    const reader = readHours(tables.queries);
    tables.put(A, 1, 0, { rows: 0, minuteRows: 1 });
    const reading = reader.read([A, B]);
    await settle();
    tables.put(A, 1, 1);
    expect((await reading)[0]).to.include({ clicks: 1, uniqueUsers: 1 });
    expect(tables.asked.users).to.deep.equal([[A, B], [A]]);
  });

  it('answers with what there is when a crash has parted the tables, and waits for that once', async () => {
    const reader = readHours(tables.queries);
    tables.put(A, 0, 1, { rows: 5, minuteRows: 0 });
    expect((await reader.read([A]))[0]?.clicks).to.equal(0);
    const asked = tables.asked.users.length;
    await reader.read([A]);
    expect(tables.asked.users).to.have.length(asked + 1);
  });

  it('counts an hour again for as long as one of its tables has rows that the other has not', async () => {
    const reader = readHours(tables.queries);
    tables.put(A, 0, 1, { rows: 5, minuteRows: 0 });
    await reader.read([A]);
    tables.put(A, 5, 1);
    expect((await reader.read([A]))[0]?.clicks).to.equal(5);
    const asked = tables.asked.users.length;
    await reader.read([A]);
    expect(tables.asked.users).to.have.length(asked);
  });

  it('answers no less than before where the minutes have rows that the hours lack', async () => {
    const counter = new HourCounter(() => tables.queries, 10);
    const clicksOf = async (grown: readonly number[]) =>
      (await counter.count([A], new Set(grown), waiting)).get(A)?.clicks;
    tables.put(A, 1, 1);
    expect(await clicksOf([])).to.equal(1);
    tables.put(A, 2, 1, { rows: 1, minuteRows: 2 });
    expect(await clicksOf([A])).to.equal(2);
    expect(await clicksOf([])).to.equal(2);
  });

  it('knows a copy for what it is: more rows, and as many events', async () => {
    const reader = readHours(tables.queries);
    await reader.read([B]);
    tables.put(B, 2, 2, { rows: 4 });
    expect((await reader.read([B]))[0]).to.include({ clicks: 2, uniqueUsers: 2 });
  });
});
