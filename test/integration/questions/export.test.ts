import { setTimeout as sleep } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { connect } from '../../../server/clickhouse/client.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventRow, insertRows, type EventRow } from '../../support/clickhouse/insert-events.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { eventually } from '../../support/http/outcome.ts';
import { getProblem } from '../../support/http/pages.ts';
import { defaults } from '../../../server/config/config.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const START_US = Date.UTC(2024, 0, 31, 23, 59) * 1000 + 123_456;
const DATA = [
  '{}',
  '{ "n" :\n 1.0, "n":2,\r\n"big":18446744073709551617 }',
  '{"a":"x,\\"y\\"\\u0041/é"}',
  '{"a":{"b":"c"}}',
];

/** Ties in time and in arrival; every seventh has a copy that came later and says something else. */
function manyRows(count: number): EventRow[] {
  return Array.from({ length: count }, (_, n) =>
    eventRow({
      timestamp: START_US + ((n * 7919) % 401) * 600_000_000,
      received_at: START_US + 1e12 + (n % 50),
      event_id: `e "${String(n).padStart(5, '0')}"`,
      application: ['', 'shop'][n % 2] ?? '',
      session_id: `s'\\\t${n % 9}`,
      user: `日本 ${n % 5}`,
      category: ['page, interaction', 'c'][n % 2] ?? '',
      name: ['a/b', 'n'][(n >> 1) % 2] ?? '',
      data: DATA[n % DATA.length] ?? '',
    }),
  );
}

const copiesOf = (rows: readonly EventRow[]) =>
  rows
    .filter((_, n) => n % 7 === 0)
    .map((row) => ({ ...row, received_at: row.received_at + 1e9, user: 'copy', data: '{"copy":1}' }));

function inOrder(rows: readonly EventRow[]): EventRow[] {
  return rows.toSorted(
    (a, b) => a.timestamp - b.timestamp || a.received_at - b.received_at || (a.event_id < b.event_id ? -1 : 1),
  );
}

const ids = (those: readonly EventRow[]) => those.map(({ event_id }) => event_id);

/** As RFC 4180 says, and nothing else. */
function recordsOf(csv: string): string[][] {
  const records: string[][] = [[]];
  let at = 0;
  for (const [whole, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    records.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end !== ',') records.push([]);
    at += whole.length;
  }
  expect(at).to.equal(csv.length);
  return records.slice(0, -1);
}

describe('GET /events/export', () => {
  let service: TestApp;
  const rows = inOrder(manyRows(13_000));

  before(async () => {
    service = await startTestApp();
    await insertRows(service.database, 'events', rows);
    await insertRows(service.database, 'events', copiesOf(rows));
  });
  after(async () => service.remove());

  const url = (query: string) => `${service.url}/events/export?${query}`;
  async function exported(query: string): Promise<Buffer> {
    const answer = await fetch(url(query));
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(answer.status, bytes.toString('utf8', 0, 500)).to.equal(200);
    return bytes;
  }
  const lines = async (query: string) => (await exported(query)).toString().split('\n').slice(0, -1);
  const idsOf = async (query: string) => (await lines(query)).map((line) => (JSON.parse(line) as EventRow).event_id);

  it('gives every event once, in order, as the JSON of GET /events, data as it was sent', async () => {
    expect(await idsOf('')).to.deep.equal(ids(rows));
    const range = `to=${Math.round((rows[1500]?.timestamp ?? 0) / 1000)}`;
    const found = await lines(range);
    const pages: string[] = [];
    for (let cursor = ''; cursor !== 'null';) {
      const text = await (await fetch(`${service.url}/events?limit=1000&${range}${cursor}`)).text();
      pages.push(...(/^\{"events":\[([^]*)\],"next_cursor"/.exec(text)?.[1] ?? '').split(/,(?=\{"event_id")/));
      const next = /"next_cursor":(?:null|"(.*)")\}$/.exec(text)?.[1];
      cursor = next === undefined ? 'null' : `&cursor=${next}`;
    }
    expect(found).to.deep.equal(pages.map((event) => event.replaceAll(/[\r\n]/g, ' ')));
  });

  it('gives what filters leave, and what a range holds, in both orders', async () => {
    expect(await idsOf('order=desc')).to.deep.equal(ids(rows.toReversed()));
    const shop = rows.filter(({ application, name }) => application === 'shop' && name === 'n');
    expect(await idsOf('application=shop&name=n')).to.deep.equal(ids(shop));
    const user = encodeURIComponent('日本 3');
    expect(await idsOf(`user=${user}&order=desc`)).to.deep.equal(
      ids(rows.filter((row) => row.user === '日本 3').toReversed()),
    );
    expect(await idsOf('where=data.a.b:c')).to.deep.equal(ids(rows.filter(({ data }) => data === DATA[3])));
    // Only copies that came later say so.
    expect(await lines('user=copy')).to.deep.equal([]);
    expect(await lines('where=data.copy:1')).to.deep.equal([]);
    const [fromMs, toMs] = [START_US / 1000 + 7e6, START_US / 1000 + 2e8].map(Math.round) as [number, number];
    const within = rows.filter(({ timestamp }) => timestamp >= fromMs * 1000 && timestamp < toMs * 1000);
    expect(await idsOf(`from=${fromMs}&to=${toMs}`)).to.deep.equal(ids(within));
    for (const wrong of ['format=xml', 'where=a', 'order=up', 'from=2&to=1']) {
      expect(await getProblem(url(wrong))).to.have.property('status', 400);
    }
  });

  it('gives CSV with one header, by RFC 4180', async () => {
    const text = (await exported('format=csv')).toString();
    const records = recordsOf(text);
    expect(records[0]).to.deep.equal(
      'event_id received_at application session_id user category name data timestamp'.split(' '),
    );
    expect(records.slice(1).map((record) => [record[0], record[3], record[7]])).to.deep.equal(
      rows.map(({ event_id, session_id, data }) => [event_id, session_id, data]),
    );
    expect(await exported('format=csv&name=nothing')).to.have.length.greaterThan(80);
  });

  it('gives one Parquet file, from which the same events are read', async () => {
    const file = await exported('format=parquet');
    const client = connect({ endpoint: testEndpoint(), role: 'admin', database: service.database });
    try {
      await client.command({ query: 'CREATE TABLE back AS events ENGINE = Memory' });
      const columns = 'event_id, received_at, application, session_id, user, category, name, data, timestamp';
      const result = await client.exec({
        query: `INSERT INTO back (${columns}) FORMAT Parquet`,
        values: Readable.from([file]),
        clickhouse_settings: { max_insert_threads: '1', input_format_parquet_preserve_order: 1 },
      });
      await result.stream.toArray();
      const back = await rowsOf<Record<string, string>>(
        testEndpoint(),
        service.database,
        'SELECT event_id, session_id, user, data, toUnixTimestamp64Micro(timestamp) AS us FROM back ORDER BY timestamp, received_at, event_id',
      );
      expect(
        back.map((row) => [row['event_id'], row['session_id'], row['user'], row['data'], Number(row['us'])]),
      ).to.deep.equal(rows.map((row) => [row.event_id, row.session_id, row.user, row.data, row.timestamp]));
      expect((await exported('format=parquet&name=nothing')).subarray(-4).toString()).to.equal('PAR1');
    } finally {
      await client.close();
    }
  });
});

describe('A large export', function () {
  this.timeout(120_000);
  let service: TestApp;
  const ROWS = 200_000;

  before(async () => {
    service = await startTestApp();
    const client = connect({
      endpoint: testEndpoint(),
      role: 'admin',
      database: service.database,
      requestTimeoutMs: 100_000,
    });
    await client.command({
      query: `
        INSERT INTO events (timestamp, received_at, event_id, session_id, user, category, name, typed, data)
        SELECT toDateTime64('2024-01-01 00:00:00', 6, 'UTC') + number / 100, now64(6), toString(number), 's', 'u', 'c', 'n', 0,
          concat('{"text":"', repeat(toString(number), 100), '"}')
        FROM numbers(${ROWS})`,
    });
    await client.close();
  });
  after(async () => service.remove());

  const running = async () => {
    const query = `SELECT count() AS count FROM system.processes WHERE current_database = '${service.database}' AND query LIKE '%FORMAT TSVRaw'`;
    const [row] = await rowsOf<{ count: string }>(testEndpoint(), service.database, query);
    return Number(row?.count);
  };

  it('begins within a second, and is whole', async () => {
    const startedMs = performance.now();
    const answer = await fetch(`${service.url}/events/export`);
    expect(performance.now() - startedMs).to.be.below(1_000);
    let [lines, bytes] = [0, 0];
    for await (const chunk of answer.body ?? []) {
      bytes += (chunk as Uint8Array).length;
      for (const byte of chunk as Uint8Array) if (byte === 10) lines += 1;
    }
    expect(lines).to.equal(ROWS);
    expect(bytes).to.be.greaterThan(ROWS * 400);
  });

  it('is whole and in order, too, when windows are refused for what they need and read as halves', async () => {
    const client = connect({ endpoint: testEndpoint(), role: 'admin', database: service.database });
    // 2,000 an hour, so that a window is several hours, and needs more rows than may be read.
    await client.command({
      query: `
        INSERT INTO events (timestamp, received_at, event_id, category, name, data)
        SELECT toDateTime64('2025-01-01 00:00:00', 6, 'UTC') + toIntervalMillisecond(number * 1800), now64(6), toString(number), 'c',
          'hourly', '{}'
        FROM numbers(60000)`,
    });
    const frugal = await startTestApp({
      database: service.database,
      questions: { ...defaults.questions, maxRowsRead: 30_000 },
    });
    const [whole, halves] = await Promise.all(
      [service, frugal].map(async ({ url }) => (await fetch(`${url}/events/export?name=hourly&order=desc`)).text()),
    );
    await frugal.remove();
    expect(whole?.split('\n').length).to.equal(60_001);
    // Not with `equal`, which would show all of it.
    expect(halves === whole).to.equal(true);
    await client.command({ query: 'SYSTEM FLUSH LOGS query_log' });
    await client.close();
    const refused = `SELECT 1 FROM system.query_log WHERE exception_code = 158 AND current_database = '${service.database}'`;
    expect(await rowsOf(testEndpoint(), service.database, refused)).not.to.have.lengthOf(0);
  });

  it('waits for a slow reader without piling up, and asks nothing more when the reader has gone', async () => {
    const memoryBefore = process.memoryUsage().rss;
    const leaving = new AbortController();
    const answer = await fetch(`${service.url}/events/export`, { signal: leaving.signal });
    const reader = answer.body?.getReader();
    await reader?.read();
    await sleep(3_000);
    expect(process.memoryUsage().rss - memoryBefore).to.be.below(200e6);
    leaving.abort();
    await eventually(async () => expect(await running()).to.equal(0), 5_000);
  });

  it('is one of four at once; the fifth is told to come later', async () => {
    const leaving = new AbortController();
    const open = async () => fetch(`${service.url}/events/export`, { signal: leaving.signal });
    const answers = await Promise.all([open(), open(), open(), open()]);
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 200, 200]);
    const fifth = await fetch(`${service.url}/events/export`);
    expect([fifth.status, fifth.headers.get('retry-after')]).to.deep.equal([503, '5']);
    leaving.abort();
    await eventually(async () => {
      const again = await fetch(`${service.url}/events/export?name=nothing`);
      expect(again.status).to.equal(200);
      await again.arrayBuffer();
    });
  });

  it('is broken off, and never a shorter file, when ClickHouse fails meanwhile', async () => {
    const answer = await fetch(`${service.url}/events/export`);
    const reader = answer.body?.getReader();
    await reader?.read();
    const client = connect({ endpoint: testEndpoint(), role: 'admin', database: service.database });
    await client.command({ query: 'RENAME TABLE events TO elsewhere' });
    try {
      let error: unknown;
      try {
        while ((await reader?.read())?.done === false);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).to.be.instanceOf(TypeError);
    } finally {
      await client.command({ query: 'RENAME TABLE elsewhere TO events' });
      await client.close();
    }
  });
});
