import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { insertRows } from '../../support/clickhouse/insert-events.ts';
import { madeRows, type MadeRow } from '../../support/events/made-events.ts';
import { seeded, type Random } from '../../support/events/random.ts';
import { eventsOf, holds, topOf, type AskedTop } from '../../support/events/top-model.ts';
import { allPages, getJson } from '../../support/http/pages.ts';
import type { Top } from '../../support/server/top-service.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const FROM_MS = Date.UTC(2024, 4, 17, 9, 40);
const SETS = Number(process.env['MODEL_SETS'] ?? 4);
const QUESTIONS = 12;
const PATHS = ['data.a', 'data.b.c', 'data.b', 'data.id', 'data.none'];

function randomTop(random: Random): AskedTop {
  const maybe = <T>(probability: number, value: T) => (random.isTrue(probability) ? value : undefined);
  const time = () => FROM_MS + random.whole(0, 100) * 60_000 + random.pick([0, 0, 1, 30_000]);
  const [from, to] = [time(), time()].sort((a, b) => a - b);
  const given = {
    by: random.pick(['name', 'category', 'application', 'session_id', 'user', ...PATHS]),
    measure: random.pick(['events', 'users', 'sessions'] as const),
    application: maybe(0.3, 'shop'),
    name: maybe(0.3, random.pick(['view', 'cart'])),
    from: maybe(0.4, from),
    to: maybe(0.4, to),
    unique: maybe(0.2, random.pick(PATHS)),
    where: maybe(0.3, `${random.pick(PATHS)}:${random.pick(['1', 'true', 'x', '{}', '{"c":"y"}', '[1,"a"]'])}`),
    show: maybe(0.3, random.pick(PATHS)),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as unknown as AskedTop;
}

describe('Questions about made events', function () {
  this.timeout(300_000);
  let service: TestApp;
  const seed = process.env['SEED'] ?? randomBytes(4).toString('hex');
  const random = seeded(seed);
  const sets = new Map<string, readonly MadeRow[]>(
    Array.from({ length: SETS }, (_, n) => [
      `set ${n}`,
      madeRows(random, `set ${n}`, FROM_MS * 1000, random.whole(1, 120)),
    ]),
  );

  before(async () => {
    service = await startTestApp();
    const rows = [...sets.values()].flat();
    // In two parts, so that copies meet in one and in different ones.
    const half = rows.filter(() => random.isTrue(0.5));
    await insertRows(service.database, 'events', half);
    await insertRows(
      service.database,
      'events',
      rows.filter((row) => !half.includes(row)),
    );
  });
  after(async () => service.remove());

  const urlOf = (path: string, parameters: object) =>
    `${service.url}${path}?${new URLSearchParams(parameters as Record<string, string>).toString()}`;

  it(`rank as a model does that counts them one by one (seed ${seed})`, async () => {
    for (const [category, rows] of sets) {
      for (let n = 0; n < QUESTIONS; n += 1) {
        const asked = randomTop(random);
        const url = urlOf('/events/top', { category, limit: 100, ...asked });
        const { top } = await getJson<Top>(url);
        const found = top.map(({ key, count, ...shown }) => ({
          key,
          count,
          shown: asked.show === undefined ? undefined : shown[asked.show],
        }));
        expect(found, `seed ${seed}: ${url}`).to.deep.equal(topOf(rows, asked));
      }
    }
  });

  it(`list and export what filters leave (seed ${seed})`, async () => {
    for (const [category, rows] of sets) {
      const where = `${random.pick(PATHS)}:${random.pick(['1', 'true', 'x', '{}'])}`;
      const filters = random.pick([{ where }, { user: 'ada' }, { user: 'bob', where }, { session_id: 's1' }, {}]);
      const order = random.pick(['asc', 'desc']);
      const expected = eventsOf(rows)
        .filter((row) => ('where' in filters ? holds(row, where) : true))
        .filter((row) => ('user' in filters ? row.user === filters.user : true))
        .filter((row) => ('session_id' in filters ? row.session_id === 's1' : true))
        .map(({ event_id }) => event_id);
      if (order === 'desc') expected.reverse();
      const url = urlOf('/events', { category, order, limit: 50, ...filters });
      expect(
        (await allPages(url)).map(({ event_id }) => event_id),
        `seed ${seed}: ${url}`,
      ).to.deep.equal(expected);
      const answer = await fetch(urlOf('/events/export', { category, order, ...filters }));
      const exported = (await answer.text()).split('\n').slice(0, -1);
      expect(
        exported.map((line) => (JSON.parse(line) as MadeRow).event_id),
        `seed ${seed}: export of ${url}`,
      ).to.deep.equal(expected);
    }
  });
});
