import { expect } from 'chai';
import { defaults } from '../../../server/config/config.ts';
import { questionBounds } from '../../../server/clickhouse/query.ts';
import type { Nodes } from '../../../server/clickhouse/nodes.ts';
import { parseDataCondition, parseDataPath } from '../../../server/events/data/data-path.ts';
import { HOUR_MS, hourOf } from '../../../server/events/hours.ts';
import { withoutCopies } from '../../../server/queries/copies.ts';
import type { Questions } from '../../../server/queries/questions.ts';
import { HourCounter } from '../../../server/queries/hourly/hour-counter.ts';
import { hourlyQueries } from '../../../server/queries/hourly/read-hourly.ts';
import type { StoredEvent } from '../../../server/queries/events-page.ts';
import { verifyCounts } from '../../../server/queries/verify/verify-counts.ts';
import { countBy, dataOf, eventsOf, manyRows, START_MS } from '../../support/clickhouse/copied-events.ts';
import { databaseQuestions, type DatabaseQuestions } from '../../support/clickhouse/database-questions.ts';
import { eventRow, insertRows, type EventRow } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { seeded, type Random } from '../../support/events/random.ts';
import { waiting } from '../../support/waiting.ts';

const NOW_MS = START_MS + 100 * HOUR_MS;
const ALL = { order: 'asc', limit: 70 } as const;

function places(list: readonly EventRow[]): string[] {
  return list.map((row) => `${row.timestamp} ${row.received_at} ${row.data}`);
}

function placesOf(list: readonly StoredEvent[]): string[] {
  return list.map((event) => `${event.timestampUs} ${event.receivedAtUs} ${event.data}`);
}

describe('questions beside copies', () => {
  let database: MigratedDatabase;
  let asking: DatabaseQuestions;
  let nodes: Nodes;
  let questions: Questions;
  let rows: readonly EventRow[];
  let events: readonly EventRow[];

  /** Inserted in this order, some of it into the raw table alone, as when ClickHouse dies between it and the others. */
  async function insert(random: Random, all: readonly EventRow[]): Promise<void> {
    const shuffled = random.shuffled(all);
    for (let at = 0; at < shuffled.length; at += 100) {
      const block = shuffled.slice(at, at + 100);
      if (random.isTrue(0.3)) {
        for (const view of ['minutes_view', 'hours_view'])
          await database.client.command({ query: `DETACH TABLE ${view}` });
        await insertRows(database.name, 'events', block);
        for (const view of ['minutes_view', 'hours_view'])
          await database.client.command({ query: `ATTACH TABLE ${view}` });
      }
      await insertRows(database.name, 'events', block);
    }
  }

  before(async () => {
    database = await migratedDatabase();
    asking = databaseQuestions(database, () => NOW_MS);
    ({ nodes, questions } = asking);
    const random = seeded('copies');
    rows = manyRows(random, 600);
    events = eventsOf(rows);
    await database.client.command({ query: 'SYSTEM STOP MERGES events' });
    await insert(random, rows);
  });

  after(async () => {
    await asking.close();
    await database.drop();
  });

  async function listed(question: Partial<Parameters<Questions['events']>[0]>): Promise<StoredEvent[]> {
    const found: StoredEvent[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await questions.events({ ...ALL, ...question, cursor }, waiting);
      found.push(...page.events);
      if (page.nextCursor === null) return found;
      cursor = page.nextCursor;
    }
  }

  it('list each event once, the first received, in both orders and by any filter', async () => {
    expect(placesOf(await listed({}))).to.deep.equal(places(events));
    expect(placesOf(await listed({ order: 'desc' }))).to.deep.equal(places(events.toReversed()));
    const session = events.find(({ session_id }) => session_id !== '')?.session_id ?? '';
    expect(placesOf(await listed({ sessionId: session }))).to.deep.equal(
      places(events.filter(({ session_id }) => session_id === session)),
    );
    expect(placesOf(await listed({ category: 'page', application: 'shop', name: 'buy' }))).to.deep.equal(
      places(
        events.filter(
          ({ category, application, name }) => category === 'page' && application === 'shop' && name === 'buy',
        ),
      ),
    );
  });

  it('count categories and names by identity', async () => {
    for (const application of [undefined, 'shop', '']) {
      const own = events.filter((event) => application === undefined || event.application === application);
      const names = await questions.names({ fresh: true, application }, waiting);
      expect(names.map(({ category, name, events }) => [`${category} ${name}`, events])).to.deep.equal(
        countBy(own, ({ category, name }) => `${category} ${name}`),
      );
      const categories = await questions.categories({ fresh: true, application }, waiting);
      expect(categories.map(({ category, events }) => [category, events])).to.have.deep.members(
        countBy(own, ({ category }) => category),
      );
      const sessions = own.filter(({ session_id }) => session_id !== '');
      for (const each of categories) {
        const named = sessions.filter(({ category }) => category === each.category);
        expect(each.sessions).to.equal(new Set(named.map(({ session_id }) => session_id)).size);
      }
      const times = own.map(({ timestamp }) => timestamp);
      expect(Math.min(...categories.map(({ firstUs }) => firstUs))).to.equal(Math.min(...times));
      expect(Math.max(...names.map(({ lastUs }) => lastUs))).to.equal(Math.max(...times));
    }
  });

  it('count hours by identity', async () => {
    for (const application of [undefined, 'shop']) {
      const counter = new HourCounter(() => hourlyQueries(nodes, defaults.questions, application), 10);
      const hours = [0, 1, 2, 3].map((index) => START_MS + index * HOUR_MS);
      const expected = hours.map((hour) => {
        const own = events.filter(
          (event) =>
            event.category === 'analytics' &&
            hourOf(event.timestamp / 1000) === hour &&
            (application === undefined || event.application === application),
        );
        const named = (name: string) => own.filter((event) => event.name === name).length;
        return [named('click'), named('impression'), new Set(own.map(({ user }) => user)).size];
      });
      const counts = await counter.count(hours, new Set(), waiting);
      expect(
        [...counts.values()].map(({ clicks, impressions, uniqueUsers }) => [clicks, impressions, uniqueUsers]),
      ).to.deep.equal(expected);
    }
  });

  async function top(question: Partial<Parameters<Questions['top']>[0]>): Promise<[string, number][]> {
    const keys = await questions.top(
      { by: 'name', measure: 'events', where: [], show: [], limit: 100, ...question },
      waiting,
    );
    return keys.map(({ key, count }) => [key, count]);
  }

  it('rank keys by identity, by column and by path, with where and unique', async () => {
    expect(await top({})).to.deep.equal(countBy(events, ({ name }) => name));
    expect(await top({ by: 'user' })).to.deep.equal(countBy(events, ({ user }) => user));
    expect(await top({ by: 'application' })).to.deep.equal(countBy(events, ({ application }) => application));
    const order = parseDataPath('data.order', 'by');
    expect(await top({ by: order })).to.deep.equal(countBy(events, (event) => String(dataOf(event).order)));
    const where = [parseDataCondition('data.colour:red')];
    const red = events.filter((event) => dataOf(event).colour === 'red');
    expect(await top({ by: 'session_id', where, application: 'shop' })).to.deep.equal(
      countBy(
        red.filter(({ application }) => application === 'shop'),
        ({ session_id }) => session_id,
      ),
    );
    const latest = new Map(events.map((event) => [dataOf(event).order, event]));
    expect(await top({ unique: order })).to.deep.equal(countBy([...latest.values()], ({ name }) => name));
    const toUs = (START_MS + 1.5 * HOUR_MS) * 1000;
    expect(await top({ toUs, category: 'page' })).to.deep.equal(
      countBy(
        events.filter(({ category, timestamp }) => category === 'page' && timestamp < toUs),
        ({ name }) => name,
      ),
    );
  });

  it('are answered the same for people who write SQL', async () => {
    const [counted] = await sql<{ events: string }>('SELECT count() AS events FROM deduplicated_events');
    expect(Number(counted?.events)).to.equal(events.length);
    const [hourly] = await sql<{ clicks: string; impressions: string }>(
      'SELECT sum(clicks) AS clicks, sum(impressions) AS impressions FROM hourly',
    );
    const analytics = countBy(events, ({ category, name }) => (category === 'analytics' ? name : ''));
    expect(new Map(analytics)).to.deep.equal(
      new Map([
        ['click', Number(hourly?.clicks)],
        ['impression', Number(hourly?.impressions)],
      ]),
    );
  });

  it('are verified: what is counted and the raw events agree', async () => {
    const range = { fromS: 0, toS: NOW_MS / 1000 };
    expect(await verifyCounts(database.client, range, { attempts: 0, pauseMs: 0 })).to.deep.equal([]);
  });

  it('stay the same when everything is sent again, merged, and counted from what was kept', async () => {
    const before = await questions.names({ fresh: true }, waiting);
    const counter = new HourCounter(() => hourlyQueries(nodes, defaults.questions, undefined), 10);
    const hours = [START_MS, START_MS + HOUR_MS];
    const counts = await counter.count(hours, new Set(), waiting);
    await insert(seeded('again'), rows);
    expect(await questions.names({ fresh: true }, waiting)).to.deep.equal(before);
    expect(await counter.count(hours, new Set(), waiting)).to.deep.equal(counts);
    expect(await counter.count(hours, new Set(hours), waiting)).to.deep.equal(counts);
    await database.client.command({ query: 'SYSTEM START MERGES events' });
    for (const table of ['events', 'minutes', 'hours'])
      await database.client.command({ query: `OPTIMIZE TABLE ${table} FINAL` });
    expect(await questions.names({ fresh: true }, waiting)).to.deep.equal(before);
    expect(placesOf(await listed({}))).to.deep.equal(places(events));
    const [raw] = await sql<{ events: string }>('SELECT count() AS events FROM events');
    expect(Number(raw?.events)).to.equal(events.length);
  });

  it('do not list an event for a session that only a copy of it names', async () => {
    const first = events.find(({ session_id }) => session_id !== '') ?? eventRow({});
    const copy = { ...first, session_id: 'of the copy', received_at: first.received_at + 60_000_000 };
    await insertRows(database.name, 'events', [copy]);
    expect(await listed({ sessionId: 'of the copy' })).to.deep.equal([]);
    expect(placesOf(await listed({ sessionId: first.session_id }))).to.include(places([first])[0]);
  });

  it('list the first received alone when a merge takes its copies away between reading and looking for them', async () => {
    await database.client.command({ query: 'SYSTEM STOP MERGES events' });
    const sent = { timestamp: START_MS * 1000, event_id: 'merged', category: 'merged', name: 'rsvp' };
    const received_at = START_MS * 1000;
    await insertRows(database.name, 'events', [eventRow({ ...sent, received_at })]);
    const first = (await listed({ category: 'merged' }))[0] ?? expect.fail();
    const copy = { ...first, receivedAtUs: received_at + 1 };
    await insertRows(database.name, 'events', [eventRow({ ...sent, received_at: copy.receivedAtUs })]);
    const bounds = questionBounds(defaults.questions, 'less');
    for (const isMerged of [false, true]) {
      if (isMerged) await database.client.command({ query: 'SYSTEM START MERGES events' });
      if (isMerged) await database.client.command({ query: 'OPTIMIZE TABLE events FINAL' });
      expect(await withoutCopies(nodes, bounds, {}, [first, copy])).to.deep.equal([first]);
      expect(await withoutCopies(nodes, bounds, {}, [copy, first])).to.deep.equal([first]);
      expect(await withoutCopies(nodes, bounds, { category: 'merged' }, [copy])).to.deep.equal([]);
    }
  });

  it('find the event whose copy, not merged yet, is no answer to them', async () => {
    await database.client.command({ query: 'SYSTEM STOP MERGES events' });
    const sent = { timestamp: START_MS * 1000, event_id: 'reply', category: 'replies', name: 'rsvp' };
    const received_at = START_MS * 1000;
    const first = eventRow({ ...sent, received_at, data: '{"id":"7","response":"yes"}' });
    const copy = eventRow({ ...sent, received_at: received_at + 1, data: '{"id":"7","response":"no"}' });
    await insertRows(database.name, 'events', [first]);
    await insertRows(database.name, 'events', [copy]);
    const question = { category: 'replies', unique: parseDataPath('data.id', 'unique') };
    for (const response of ['yes', 'no', 'perhaps']) {
      const where = [parseDataCondition(`data.response:${response}`)];
      expect(await top({ ...question, where })).to.deep.equal(response === 'yes' ? [['rsvp', 1]] : []);
    }
  });

  it('remember no count that one of the tables has and the other has not yet', async () => {
    const at = `toDateTime(${START_MS / 1000}, 'UTC'), 'late', 'half', 1`;
    await insertSelect(`hours (hour, category, name, rows) SELECT ${at}`);
    expect(await eventsOfCategory('late')).to.deep.equal([]);
    await insertSelect(
      `minutes (minute, category, name, rows, ids) SELECT ${at}, uniqExactState('x', toDateTime64(0, 6, 'UTC'))`,
    );
    expect(await eventsOfCategory('late')).to.deep.equal([1]);
  });

  async function insertSelect(query: string): Promise<void> {
    await database.client.command({ query: `INSERT INTO ${query}` });
  }

  async function eventsOfCategory(category: string): Promise<number[]> {
    return (await questions.names({ fresh: true, category }, waiting)).map(({ events }) => events);
  }

  async function sql<T>(query: string): Promise<T[]> {
    const result = await database.client.query({ query, format: 'JSONEachRow' });
    return await result.json<T>();
  }
});
