import { expect } from 'chai';
import { parseDataCondition, parseDataPath } from '../../../server/events/data/data-path.ts';
import type { Questions } from '../../../server/queries/questions.ts';
import type { TopQuestion } from '../../../server/queries/top/top-events.ts';
import { databaseQuestions, type DatabaseQuestions } from '../../support/clickhouse/database-questions.ts';
import { eventRow, insertRows, type EventRow } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { seeded, type Random } from '../../support/events/random.ts';
import { waiting } from '../../support/waiting.ts';

const START_MS = Date.UTC(2026, 2, 14, 9);
const MINUTE_MS = 60_000;
/** Many more than are kept from one answer to the next. */
const KEYS = 2_000;
const ROUNDS = 6;
const SELECTION = { application: undefined, category: undefined, name: undefined, unique: undefined, toUs: undefined };

const LISTS: Readonly<Record<string, (fromUs: number) => TopQuestion>> = {
  'sessions, ever': () => list({ by: 'session_id' }),
  'sessions since then': (fromUs) => list({ by: 'session_id', fromUs }),
  'the sessions of a user': (fromUs) => list({ by: 'user', measure: 'sessions', fromUs, limit: 20 }),
  'a hundred sessions, with a condition': () => list({ where: [parseDataCondition('data.kind:a')], limit: 100 }),
  'users with what they did last': () => list({ by: 'user', show: [parseDataPath('data.place', 'show')] }),
};

function list(question: Partial<TopQuestion>): TopQuestion {
  return { ...SELECTION, measure: 'events', by: 'session_id', where: [], show: [], limit: 10, ...question };
}

describe('A live list of more keys than are known from its last answer', function () {
  this.timeout(180_000);
  let database: MigratedDatabase;
  let asking: DatabaseQuestions;
  let questions: Questions;
  let nowMs = START_MS;
  let made = 0;
  let first: readonly EventRow[] = [];

  before(async () => {
    database = await migratedDatabase();
    asking = databaseQuestions(database, () => nowMs);
    ({ questions } = asking);
    const random = seeded('ranked keys');
    first = Array.from({ length: 2 * KEYS }, (_, index) => eventOf(random, index % KEYS));
    await insertRows(database.name, 'events', first);
  });
  after(async () => {
    await asking.close();
    await database.drop();
  });

  function eventOf(random: Random, key: number): EventRow {
    const happenedMs = nowMs - random.whole(0, 90) * MINUTE_MS;
    return eventRow({
      timestamp: happenedMs * 1000 + made,
      received_at: nowMs * 1000 + made,
      event_id: `id-${(made += 1)}`,
      session_id: `session-${key}`,
      user: `user-${key % 1500}`,
      name: random.pick(['view', 'buy']),
      data: JSON.stringify({ place: `place-${key % 900}`, kind: random.pick(['a', 'b']) }),
    });
  }

  /** How many queries have grouped the keys: of some, and of all. */
  async function groups() {
    await database.client.command({ query: 'SYSTEM FLUSH LOGS query_log' });
    const result = await database.client.query({
      query: `
        SELECT countIf(position(query, '_part)') > 0) AS few, countIf(position(query, '_part)') = 0) AS whole
        FROM system.query_log
        WHERE type = 'QueryFinish' AND current_database = {database:String} AND position(query, 'AS key_hash') > 0 AND position(query, 'query_log') = 0`,
      query_params: { database: database.name },
      format: 'JSONEachRow',
    });
    const [row] = await result.json<{ few: string; whole: string }>();
    return { few: Number(row?.few), whole: Number(row?.whole) };
  }

  it('looks at the events of the keys that it knows and of the parts that are new, and once a minute at everything', async () => {
    const question = list({ by: 'session_id' });
    const ask = questions.liveTop();
    const before = await groups();
    for (let second = 0; second < 6; second += 1) {
      nowMs += 1_000;
      await ask(question, waiting);
    }
    const then = await groups();
    expect({ few: then.few - before.few, whole: then.whole - before.whole }).to.deep.equal({ few: 5, whole: 1 });
    nowMs += 60_000;
    await ask(question, waiting);
    expect((await groups()).whole).to.equal(then.whole + 1);
  });

  it('says what a look at everything says: whatever comes, comes twice, is merged, is erased, or is too old by now', async () => {
    const random = seeded('rounds of ranked keys');
    const lists = Object.entries(LISTS).map(([title, questionAt]) => ({ title, questionAt, ask: questions.liveTop() }));
    let inserted = first;
    for (let round = 0; round < ROUNDS; round += 1) {
      nowMs += round === 9 ? 70_000 : 1_000;
      // Some keys rise from below, by an event or by many.
      const risen = Array.from({ length: random.whole(0, 12) }, () => random.whole(0, KEYS - 1));
      const rows = risen.flatMap((key) => Array.from({ length: random.whole(1, 4) }, () => eventOf(random, key)));
      const copies = random.isTrue(0.4) ? random.shuffled(inserted).slice(0, 20) : [];
      const others = copies.map((row) => ({ ...row, received_at: row.received_at - 1, user: 'user-of-a-copy' }));
      inserted = [...inserted, ...rows];
      if (rows.length + copies.length > 0) await insertRows(database.name, 'events', [...rows, ...copies, ...others]);
      if (random.isTrue(0.2)) await database.client.command({ query: 'OPTIMIZE TABLE events FINAL' });
      if (random.isTrue(0.2)) {
        const query = `DELETE FROM events WHERE session_id IN ('session-${random.whole(0, KEYS)}', 'session-${risen[0] ?? 0}')`;
        await database.client.command({ query });
      }
      // Nearly all keys lose what they had, those that are known, too.
      const fromUs = (START_MS - (round < 5 ? 90 - round : 10) * MINUTE_MS) * 1000;
      for (const { title, questionAt, ask } of lists) {
        const question = questionAt(fromUs);
        const [live, whole] = [await ask(question, waiting), await questions.top(question, waiting)];
        expect(live, `${title}, round ${round}`).to.deep.equal(whole);
      }
    }
  });
});
