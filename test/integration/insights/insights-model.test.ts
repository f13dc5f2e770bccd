import { expect } from 'chai';
import { KnownHours } from '../../../server/queries/counted/known-hours.ts';
import { eventsOf } from '../../support/clickhouse/copied-events.ts';
import { databaseQuestions, type DatabaseQuestions } from '../../support/clickhouse/database-questions.ts';
import { insertRows, type EventRow } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { seeded, type Random } from '../../support/events/random.ts';
import { madeEvents, type EventSet } from '../../support/insights/made-events.ts';
import { madeFunnel, madeRetention, madeSeries } from '../../support/insights/made-questions.ts';
import { modelFunnel, modelRetention, modelSeries } from '../../support/insights/insights-model.ts';
import { waiting } from '../../support/waiting.ts';

/** INSIGHTS_SETS=N tries more, INSIGHTS_SEED=text others. */
const SETS = Number(process.env['INSIGHTS_SETS'] ?? 8);
const SEED = process.env['INSIGHTS_SEED'] ?? 'insights';
const AT_ONCE = 8;
const EVENTS = 40;

describe(`series, funnels and retention of ${SETS} event sets (seed ${SEED})`, function () {
  this.timeout(600_000);
  let database: MigratedDatabase;
  /** Those that read rows of users where sets are small, as they are here, and those that read the sets. */
  let both: readonly DatabaseQuestions[];

  before(async () => {
    database = await migratedDatabase();
    // What is merged has no copies.
    await database.client.command({ query: 'SYSTEM STOP MERGES events' });
  });
  afterEach(async () => Promise.all(both.map((each) => each.close())));
  after(async () => database.drop());

  for (let batch = 0; batch * AT_ONCE < SETS; batch += 1) {
    it(`are what the model says, sets from ${batch * AT_ONCE}`, async () => {
      const random = seeded(`${SEED} ${batch}`);
      for (const table of ['events', 'minutes', 'hours'])
        await database.client.command({ query: `TRUNCATE TABLE ${table}` });
      // Numbers of rows do not become less but here.
      const known = new KnownHours();
      both = [undefined, 0].map((rowsOfASet) =>
        databaseQuestions(database, () => Date.UTC(2026, 0), { known, rowsOfASet }),
      );
      // The sets of users and sessions in the views have those of copies, too: of such events they are not asked for.
      const copiesNameOthers = batch % 2 === 1 || random.isTrue(0.3);
      const sets = Array.from({ length: AT_ONCE }, (_, index) => madeEvents(random, index, EVENTS, copiesNameOthers));
      const rows = random.shuffled(sets.flatMap((set) => set.rows));
      // Asked for the second time, what was counted is remembered, and some hours have grown.
      for (const part of [0.6, 1]) {
        const inserted = rows.slice(0, rows.length * part);
        await insert(random, part === 1 ? rows.slice(rows.length * 0.6) : inserted);
        const events = eventsOf(inserted);
        for (const set of sets) await expectTheSame(random, set, events, copiesNameOthers);
      }
    });
  }

  /** Some of it into the raw table alone first, as when ClickHouse dies between it and the views. */
  async function insert(random: Random, rows: readonly EventRow[]): Promise<void> {
    const lost = random.isTrue(0.3) ? rows.slice(0, random.whole(1, 200)) : [];
    if (lost.length > 0) {
      for (const view of VIEWS) await database.client.command({ query: `DETACH TABLE ${view}` });
      await insertRows(database.name, 'events', lost);
      for (const view of VIEWS) await database.client.command({ query: `ATTACH TABLE ${view}` });
    }
    const half = Math.floor(rows.length / 2);
    await insertRows(database.name, 'events', rows.slice(0, half));
    await insertRows(database.name, 'events', rows.slice(half));
  }

  async function expectTheSame(
    random: Random,
    set: EventSet,
    events: readonly EventRow[],
    copiesNameOthers: boolean,
  ): Promise<void> {
    const insights = random.pick(both).questions;
    for (let n = 0; n < 3; n += 1) {
      const made = madeSeries(random, set);
      const question = copiesNameOthers ? { ...made, measure: 'events' as const } : made;
      const answer = await insights.series({ ...question, fresh: true }, waiting);
      expect(answer.series, JSON.stringify(question)).to.deep.equal(modelSeries(events, question));
    }
    for (let n = 0; n < 2; n += 1) {
      const question = madeFunnel(random, set);
      const counts = await insights.funnel({ ...question, fresh: true }, waiting);
      expect(counts, JSON.stringify(question)).to.deep.equal(modelFunnel(events, question));
    }
    const question = madeRetention(random, set);
    const cohorts = await insights.retention({ ...question, fresh: true }, waiting);
    const expected = modelRetention(events, question);
    expect(
      cohorts.map(({ size, returned }) => ({ size, returned })),
      JSON.stringify(question),
    ).to.deep.equal(expected);
  }
});

const VIEWS = ['minutes_view', 'hours_view'];
