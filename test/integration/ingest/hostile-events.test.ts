import { expect } from 'chai';
import * as fc from 'fast-check';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventText, postEvents } from '../../support/http/events-api.ts';
import { jsonObjectText } from '../../support/events/json-text.ts';
import { eventually } from '../../support/http/outcome.ts';
import { runs } from '../../support/events/property.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const RUNS = Number(process.env['HOSTILE_RUNS'] ?? 400);

/** Exact texts of `data` that are allowed, and that ClickHouse's own JSON type refuses, changes or chokes on. */
const DATA = [
  '{}',
  '{ }',
  '{"a":null,"b":{},"c":[]}',
  '{"z":1,"a":2}',
  '{"a":{"b":1},"a.b":2}',
  '{"a":1,"a":2}',
  '{"a":1,"a":{"b":1}}',
  '{"":1,".":2,"..":{"":{"":0}}}',
  '{"big":18446744073709551616,"bigger":123456789012345678901234567890,"neg":-9223372036854775809}',
  '{"n":1.0,"m":1e999,"k":-0,"e":1E+2,"s":0.1000000000000000055511151231257827}',
  String.raw`{"half":"\ud800","other":"\udfff","pair":"\ud83d\ude00","nul":"\u0000","\ud800":1,"\u0000":2}`,
  '{"date":"2024-02-30","time":"2024-01-01 00:00:00.123456789","bool":"true","num":"1"}',
  '{\t"white" :\r\n [ 1 , 2 ]\n}',
  '{"mixed":[1,"a",null,{"b":[]},[[]],true]}',
  '{"a":[{"b":1},{"b":"x"},{"b":{"c":1}}]}',
  '{"__proto__":{"x":1},"constructor":1,"toString":null}',
  `{"sql":"'; DROP TABLE events; --","tab":"\\t","script":"</script><script>"}`,
  '{"u":"\u2028\u2029\ufeff\ufffd\u202e😀"}',
  `{"long":"${'x'.repeat(200_000)}"}`,
  `{"${'k'.repeat(50_000)}":1}`,
  `{${Array.from({ length: 5000 }, (_, i) => `"p${i}":${i}`).join(',')}}`,
  `{"list":[${'0,'.repeat(50_000)}0]}`,
  '{"a":'.repeat(99) + '{}' + '}'.repeat(99),
  `{"a":${'['.repeat(99)}${']'.repeat(99)}}`,
  `{${Array.from({ length: 300 }, (_, i) => `"a.b${i}.c":{"d":${i % 2 === 0 ? i : `"${i}"`}}`).join(',')}}`,
];

/** Bodies of which nothing may be accepted. */
const REJECTED = [
  'null',
  'true',
  '0',
  '""',
  '[]',
  '{}',
  '{',
  '}',
  '\u0000',
  '{"a":\u0000}',
  '<xml/>',
  'a=1&b=2',
  '{"session_id":{},"category":[],"name":null,"data":"{}","timestamp":{}}',
  '{"__proto__":{"session_id":"s"},"data":{}}',
  `{"session_id":"s","category":"c","name":"n","timestamp":0,"data":${'['.repeat(50_000)}`,
  `{"session_id":"s","category":"c","name":"n","timestamp":0,"data":${'{"a":'.repeat(101)}1${'}'.repeat(101)}}`,
  '['.repeat(100_000),
  `{"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  eventText({ data: [] }),
  eventText({ data: null }),
  eventText({ data: '{}' }),
  eventText({ name: '\ud800' }),
  eventText({ session_id: '' }),
  eventText({ category: 'x'.repeat(257) }),
  eventText({ timestamp: '0000-00-00 00:00:00' }),
  eventText({ timestamp: '9999-12-31T23:59:59.999999Z' }),
  eventText({ timestamp: 1e308 }),
  eventText({ extra: 1 }),
  eventText().replace('"data":{}', '"data":{},"data":{}'),
  eventText().replace('"data":{}', '"data":{"a":01}'),
  eventText().replace('"data":{}', '"data":{"a":"\t"}'),
  eventText().replace('"data":{}', "'data':{}"),
  eventText().replace('"data":{}', '"data":{"a":NaN}'),
];

describe('Hostile payloads', () => {
  let service: TestApp;
  /** By the name of the event, the data that was accepted. */
  const accepted = new Map<string, string>();
  /** Payloads that were rejected, as they are kept, and how often. */
  const rejected = new Map<string, number>();
  let sent = 0;

  before(async () => {
    service = await startTestApp();
  });
  after(async () => service.remove());

  /** Posts a body and notes what must be found in ClickHouse afterwards. */
  const post = async (body: Buffer, expected?: { readonly name: string; readonly data: string }) => {
    const { status } = await postEvents(service.url, body);
    expect(status, body.toString().slice(0, 200)).to.be.oneOf(expected === undefined ? [202, 400] : [202]);
    if (status === 202) {
      if (expected !== undefined) accepted.set(expected.name, expected.data);
      return;
    }
    const payload = body.toString();
    rejected.set(payload, (rejected.get(payload) ?? 0) + 1);
  };
  const postData = async (data: string) => {
    sent += 1;
    const name = `hostile ${sent}`;
    await post(Buffer.from(eventText({ name }).replace('"data":{}', () => `"data":${data}`)), { name, data });
  };

  it('are accepted when only their data is strange, picked by hand and made up', async function () {
    this.timeout(120_000);
    for (const data of DATA) await postData(data);
    await fc.assert(fc.asyncProperty(jsonObjectText, postData), runs(RUNS));
  });

  it('are rejected without a 5xx when they are no events', async function () {
    this.timeout(120_000);
    for (const body of REJECTED) {
      const before = rejected.size;
      await post(Buffer.from(body));
      expect(rejected.size, body.slice(0, 200)).to.equal(before + 1);
    }
    const members = ['session_id', 'category', 'name', 'data', 'timestamp', 'event_id', 'user', 'application'];
    const wrong = fc
      .dictionary(fc.constantFrom(...members), fc.jsonValue({ maxDepth: 2 }))
      .map((each) => JSON.stringify(each));
    // What begins as gzip is kept as far as it could be decompressed, which no payload here says.
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 }).filter(([first]) => first !== 0x1f);
    const bodies = fc.oneof(
      wrong.map((each) => Buffer.from(each)),
      bytes.map((each) => Buffer.from(each)),
    );
    await fc.assert(
      fc.asyncProperty(bodies, (body) => post(body)),
      runs(RUNS),
    );
  });

  it('stall no segment; each that was accepted comes back byte for byte, every other is kept as rejected', async function () {
    this.timeout(60_000);
    await eventually(async () => {
      const { parts, status } = (await (await fetch(`${service.url}/health`)).json()) as {
        status: string;
        parts: { backlog: { events: number; rejected_events: number }; shipper: { refused_segments: number } };
      };
      expect(parts.shipper.refused_segments).to.equal(0);
      expect(parts.backlog).to.include({ events: 0, rejected_events: 0 });
      expect(status).to.equal('ok');
    }, 30_000);
    const query = `SELECT name, data FROM events WHERE name LIKE 'hostile %'`;
    const stored = await rowsOf<{ name: string; data: string }>(testEndpoint(), service.database, query);
    expect(stored).to.have.length(accepted.size);
    for (const { name, data } of stored)
      expect(data === accepted.get(name), `${name}: ${data.slice(0, 200)}`).to.equal(true);
    const kept = new Map<string, number>();
    const rows = await rowsOf<{ payload: string }>(
      testEndpoint(),
      service.database,
      'SELECT payload FROM rejected_events',
    );
    for (const { payload } of rows) kept.set(payload, (kept.get(payload) ?? 0) + 1);
    for (const [payload, times] of rejected) {
      const found =
        Buffer.byteLength(payload) <= 16 * 1024
          ? kept.get(payload)
          : [...kept.keys()].filter((each) => isCutOf(each, payload)).length;
      expect(found, payload.slice(0, 200)).to.be.at.least(times);
    }
    expect(rows.length).to.equal([...rejected.values()].reduce((sum, times) => sum + times, 0));
  });
});

/** Whether what is kept is the beginning of a longer payload, with its mark. */
function isCutOf(kept: string, payload: string): boolean {
  const [beginning = '', mark] = kept.split('… [cut: ');
  return mark?.endsWith(` of ${Buffer.byteLength(payload)} bytes]`) === true && payload.startsWith(beginning);
}
