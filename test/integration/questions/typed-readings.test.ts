import { expect } from 'chai';
import * as fc from 'fast-check';
import { ReceiveStamps } from '../../../server/events/receive-stamps.ts';
import { parseDataPath } from '../../../server/events/data/data-path.ts';
import { TypedPaths } from '../../../server/events/data/typed-paths.ts';
import { toRow } from '../../../server/events/row.ts';
import { connectAny } from '../../../server/clickhouse/nodes.ts';
import { insertRows } from '../../../server/shipping/insert-rows.ts';
import { readEvents } from '../../../server/queries/sql/readings.ts';
import { textInData } from '../../../server/queries/sql/data-paths.ts';
import { Readable } from 'node:stream';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { jsonObjectText, jsonValueText } from '../../support/events/json-text.ts';
import { accepted } from '../../support/events/parsed-event.ts';

const PATHS = ['data.a', 'data.b', 'data.a.b', 'data.data', 'data.a.a', 'data.__proto__', 'data.b.a.b', 'data.$a-.b'];

const VALUES = String.raw`
null | true | false | 0 | -0 | -0.0 | 1.0 | 1e3 | 3.0e2 | 0.1000 | 1e-400 | 5e-324 | 1e16 | 1e21 | 1e999
18446744073709551615 | 18446744073709551616 | -9223372036854775808 | -9223372036854775809 | 9007199254740993
12345678901234567.0 | 100000000000000000000.5 | 1.7976931348623157e308 | 123456789.123456789
"" | "2024-02-29" | "2024-01-01 00:00:00.123456" | "2021-01-01T00:00:00Z" | "12" | "true" | "null" | "[1]"
"\u0000a" | "\ud800" | "\uD83D\uDE00" | "a\nb\"c\\d\/" | "{}" | "1970-01-01" | "\u003a"
{} | [] | [1,2] | [null] | [1,"a"] | [{"b":1}] | [[1],["2024-01-01"]] | [{"b":{"c":1}},{"b":2}]
{"b":1} | {"b":null} | {"b":{}} | {"b":[]} | {"b":{"c":1}} | {"":1} | {"b.c":1} | {"b":"2024-01-01"}
`
  .trim()
  .split(/ \| |\n/);

const OTHERS = String.raw`
{"a":1,"a":2} | {"a":1,"a":{"b":2}} | {"a":{"b":1},"a":{"b":2}} | {"a":{},"a":2} | {"a":2,"a":{}} | {"a":null,"a":2}
{"a.b":5} | {"a":{"b":1},"a.b":5} | {"a":1,"a.b":5} | {"a.":1} | {"\u0061":7} | {"a":1,"\u0061":{"b":2}} | {"A":1}
{"a%2Eb":3} | {"a'b":3} | {"a^":3,"^a":4} | {"a[]":1,"a":2} | {"__proto__":5} | {"data":{"a":1}}
`
  .trim()
  .split(/ \| |\n/);

const DOCUMENTS = [
  ...VALUES.flatMap((value) => [
    `{"a":${value}}`,
    `{"a":{"b":${value}}}`,
    `{ "b" : ${value} , "a":1}`,
    `{"$a-":{"b":${value}}}`,
  ]),
  ...VALUES.map((value) => `{"c":[${value}],"a":2}`),
  ...OTHERS,
];

/** Stores payloads as the service does, by their shape, and as rows without one. */
async function store(database: string, texts: readonly string[]): Promise<number> {
  const stamps = new ReceiveStamps(Date.now, () => 0.5);
  const typedPaths = new TypedPaths();
  const events = texts.map((text) => accepted(`{"name":"n","timestamp":1000,"data":${text}}`, { typedPaths }));
  const rows = events.map((event, index) => toRow({ ...event, eventId: String(index) }, stamps.next()));
  const nodes = connectAny({ endpoint: testEndpoint(), role: 'ingest', database });
  try {
    await nodes.use(async (client) =>
      insertRows(client, { table: 'events', rows: async () => Readable.from([Buffer.from(rows.join(''))]) }),
    );
  } finally {
    await nodes.close();
  }
  return events.filter(({ shape = '' }) => shape !== '').length;
}

interface Read {
  readonly data: string;
  readonly read: string | null;
  readonly text: string | null;
}

async function differences({ client }: MigratedDatabase, stored: number): Promise<string[]> {
  const found: string[] = [];
  for (const text of PATHS) {
    const path = parseDataPath(text, 'by');
    const { sql, params } = readEvents(
      {},
      [path],
      ({ from, textAt }) => `SELECT data, ${textAt(path)} AS read, ${textInData(path)} AS text ${from}`,
    );
    const result = await client.query({ query: sql, query_params: params, format: 'JSONEachRow' });
    const rows = await result.json<Read>();
    expect(rows).to.have.length(stored);
    for (const { data, read, text: expected } of rows) {
      if (read !== expected) found.push(`${text} of ${data}: ${read}, by the text ${expected}`);
    }
  }
  return found;
}

/** Payloads that ClickHouse was given and did not take. */
async function refused({ client }: MigratedDatabase): Promise<string[]> {
  const query = "SELECT data FROM events WHERE typed = 1 AND toString(payload) = '{}'";
  const rows = await (await client.query({ query, format: 'JSONEachRow' })).json<Pick<Read, 'data'>>();
  return rows.map(({ data }) => data).filter((data) => hasValue(JSON.parse(data)));
}

function hasValue(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value !== null;
  return Array.isArray(value) ? value.length > 0 : Object.values(value).some(hasValue);
}

/** More paths than ClickHouse keeps apart, in ten payloads. */
const MANY = Array.from({ length: 10 }, (_, part) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`k${part * 100 + n}`, n]))),
);

describe('What is at a path of events', () => {
  let database: MigratedDatabase;

  beforeEach(async () => {
    database = await migratedDatabase();
  });
  afterEach(async () => database.drop());

  it('is the same from the typed column and from the text, to the letter', async () => {
    const typed = await store(database.name, DOCUMENTS);
    // Otherwise nothing would be compared.
    expect(typed).to.be.greaterThan(DOCUMENTS.length / 2);
    expect(await differences(database, DOCUMENTS.length)).to.deep.equal([]);
  });

  it('is the same for texts that nobody thought of, and for more paths than ClickHouse keeps apart', async function () {
    this.timeout(60_000);
    const value = fc.oneof(jsonValueText, fc.constantFrom(...VALUES));
    const text = fc.oneof(
      jsonObjectText,
      fc.tuple(value, value).map(([a, b]) => `{"a":${a},"b":${b}}`),
      fc.tuple(value, value).map(([a, b]) => `{"b":{"a":${a}},"a":{"b":${b}}}`),
      fc.tuple(value, value).map(([a, b]) => `{"a.b":${a},"a":{"b":${b}}}`),
    );
    const seed = Math.floor(Math.random() * 2 ** 31);
    const texts = fc.sample(text, { seed, numRuns: 3000 });
    await store(database.name, [...MANY, ...texts]);
    expect(await differences(database, MANY.length + texts.length), `seed ${seed}`).to.deep.equal([]);
    expect(await refused(database), `seed ${seed}`).to.deep.equal([]);
  });

  it('is not that of the event before, of which ClickHouse would take no more than a part', async () => {
    const parts = ['{"a":true,"b":[{"c":1,"c":2}]}', '{"a":true,"b":1e999}', '{"a":true,"b.c":1,"b":{"c":2}}'];
    const texts = parts.flatMap((part, n) => [part, `{"a":"after ${n}"}`]);
    await store(database.name, [...MANY, ...texts]);
    expect(await differences(database, MANY.length + texts.length)).to.deep.equal([]);
  });
});
