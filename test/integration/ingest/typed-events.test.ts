import { expect } from 'chai';
import { ReceiveStamps } from '../../../server/events/receive-stamps.ts';
import { toRow } from '../../../server/events/row.ts';
import { TypedPaths } from '../../../server/events/data/typed-paths.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventText, NDJSON, postEvents } from '../../support/http/events-api.ts';
import { insertRows } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { eventually } from '../../support/http/outcome.ts';
import { accepted } from '../../support/events/parsed-event.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { startTestApp } from '../../support/server/test-app.ts';

/** Objects under keys that no other event has; two paths a key. */
function treeOf(event: number, keys: number): object {
  const members = Array.from({ length: keys }, (_, key) => [`k${event}_${key}`, { a: key, b: { c: `${key}` } }]);
  return Object.fromEntries(members) as object;
}

const ORDINARY = { host: 'www.example.com', form: { first_name: 'John' } };

/** By the name of the events, in the order in which they are sent. The large trees leave the others their room. */
const SENT: readonly (readonly [name: string, data: readonly object[]])[] = [
  ['before', [ORDINARY]],
  ['large', Array.from({ length: 700 }, (_, event) => treeOf(event, 150))],
  ['many', Array.from({ length: 60 }, (_, event) => treeOf(event, 32))],
  ['after', [ORDINARY, {}, { path: 1 }]],
];

const STORED = {
  before: { typed: 1, untyped: 0, payloads: 1 },
  large: { typed: 0, untyped: 700, payloads: 0 },
  // 64 paths each, beside the two of what is ordinary: with 31 they are 1,986, and the next would be too many.
  many: { typed: 31, untyped: 29, payloads: 31 },
  after: { typed: 3, untyped: 0, payloads: 2 },
};

async function stored(database: string): Promise<Record<string, object>> {
  const query = `
    SELECT name, countIf(stored.typed = 1) AS typed, countIf(stored.typed = 0) AS untyped,
      countIf(toString(payload) != '{}') AS payloads
    FROM events AS stored GROUP BY name`;
  const rows = await rowsOf<Record<string, string>>(testEndpoint(), database, query);
  return Object.fromEntries(
    rows.map(({ name = '', ...counts }) => [
      name,
      Object.fromEntries(Object.entries(counts).map(([key, count]) => [key, Number(count)])),
    ]),
  );
}

describe('The typed column of events', () => {
  it('is made of the rows that may have it, and empty in those that may not, whose text is whole', async () => {
    const database = await migratedDatabase();
    const typedPaths = new TypedPaths();
    const stamps = new ReceiveStamps(Date.now, () => 0.5);
    try {
      for (const [name, data] of SENT) {
        const texts = data.map((each) => JSON.stringify({ name, data: each }));
        const rows = texts.map((text) => toRow(accepted(text, { typedPaths }), stamps.next()));
        await insertRows(
          database.name,
          'events',
          rows.map((row) => JSON.parse(row) as object),
        );
      }
      expect(await stored(database.name)).to.deep.equal(STORED);
      const query = `SELECT data FROM events WHERE name = 'large' ORDER BY received_at`;
      const texts = await rowsOf<{ data: string }>(testEndpoint(), database.name, query);
      expect(texts.map(({ data }) => data)).to.deep.equal(SENT[1]?.[1].map((data) => JSON.stringify(data)));
    } finally {
      await database.drop();
    }
  });

  it('costs nobody anything when trees of new keys are sent: they are stored, and what follows has it', async function () {
    this.timeout(60_000);
    const service = await startTestApp();
    try {
      for (const [name, data] of SENT) {
        const body = data.map((each) => eventText({ name, data: each })).join('\n');
        expect((await postEvents(service.url, body, NDJSON)).body.accepted).to.equal(data.length);
      }
      await eventually(async () => expect(await stored(service.database)).to.deep.equal(STORED), 30_000);
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      expect(metrics).to.contain('\nclickhour_events_untyped_total 729\n');
    } finally {
      await service.remove();
    }
  });
});
