import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { testEndpoint } from '../support/clickhouse.ts';
import { eventText, NDJSON, postChunks, postEvents } from '../support/events-api.ts';
import { eventually } from '../support/outcome.ts';
import { rowsOf } from '../support/stored.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const SESSION = 'e2085be5-9137-4e4e-80b5-f1ffddc25423';
const EXAMPLES = [
  `{"session_id":"${SESSION}","category":"page interaction","name":"pageview","data":{"host":"www.example.com","path":"/"},"timestamp":"2021-01-01 09:15:27.243860"}`,
  `{"session_id":"${SESSION}","category":"page interaction","name":"cta click","data":{"host":"www.example.com","path":"/","element":"chat bubble"},"timestamp":"2021-01-01 09:15:27.243860"}`,
  `{"session_id":"${SESSION}","category":"form interaction","name":"submit","data":{"host":"www.example.com","path":"/","form":{"first_name":"John","last_name":"Doe"}},"timestamp":"2021-01-01 09:15:27.243860"}`,
];

interface StoredEvent {
  readonly session_id: string;
  readonly category: string;
  readonly name: string;
  readonly data: string;
  readonly us: string;
}

interface StoredRejection {
  readonly reason: string;
  readonly errors: string;
  readonly payload: string;
  readonly application: string;
}

describe('POST /events', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp({ maxBodyBytes: 1024 * 1024 });
  });
  after(async () => service.remove());
  afterEach(async () => {
    const { parts } = (await (await fetch(`${service.url}/health`)).json()) as {
      parts: { shipper: { refused_segments: number } };
    };
    expect(parts.shipper.refused_segments, 'segments that ClickHouse refuses').to.equal(0);
  });

  const events = (where: string) =>
    rowsOf<StoredEvent>(
      testEndpoint(),
      service.database,
      `SELECT session_id, category, name, data, toString(toUnixTimestamp64Micro(timestamp)) AS us FROM events
       WHERE ${where} ORDER BY received_at`,
    );
  const rejections = () =>
    rowsOf<StoredRejection>(
      testEndpoint(),
      service.database,
      'SELECT reason, errors, payload, application FROM rejected_events ORDER BY received_at',
    );
  const expectStored = async (name: string, count: number) =>
    eventually(async () => expect(await events(`name = '${name}'`)).to.have.length(count));
  const expectRejected = async (payload: string, reason: string) =>
    eventually(async () =>
      expect(
        (await rejections()).filter((row) => row.payload === payload).map((row) => row.reason),
      ).to.deep.equal([reason]),
    );

  for (const way of ['as one array', 'one by one'] as const) {
    it(`takes the examples ${way}, in order and unchanged, to the microsecond`, async () => {
      const session = `${SESSION} ${way}`;
      const texts = EXAMPLES.map((text) => text.replace(SESSION, session));
      const bodies = way === 'one by one' ? texts : [`[${texts.join(',')}]`];
      for (const body of bodies) {
        const { status, body: verdict } = await postEvents(service.url, body);
        expect(status).to.equal(202);
        expect(verdict).to.deep.equal({ accepted: texts.length / bodies.length, rejected: [] });
      }
      await eventually(async () => {
        const rows = await events(`session_id = '${session}'`);
        const expected = texts.map((text) => {
          const { category, name } = JSON.parse(text) as Record<string, string>;
          const data = /"data":(.*),"timestamp"/.exec(text)?.[1];
          return { session_id: session, category, name, data, us: '1609492527243860' };
        });
        expect(rows).to.deep.equal(expected);
      });
    });
  }

  it('gives each event of a body its verdict, and keeps what it rejects as it was received', async () => {
    const good = eventText({ name: 'verdicts' });
    const bad = '{ "sesion_id": "s", "category": "", "name": 1, "timestamp": "soon", "data": [] }';
    const { status, body } = await postEvents(
      service.url,
      `${good}\r\n\r\n${bad}\nnot json\n${good}`,
      NDJSON,
    );
    expect(status).to.equal(202);
    expect(body.accepted).to.equal(2);
    expect(body.rejected?.map(({ index, reason }) => [index, reason])).to.deep.equal([
      [1, 'shape'],
      [2, 'malformed'],
    ]);
    const errors = body.rejected?.[0]?.errors ?? [];
    expect(errors.map(({ path }) => path)).to.have.members([
      'session_id',
      'category',
      'name',
      'data',
      'sesion_id',
    ]);
    expect(errors.find(({ path }) => path === 'name')?.message).to.equal('received 1, expected a string');
    await expectStored('verdicts', 2);
    await expectRejected(bad, 'shape');
    await expectRejected('not json', 'malformed');
    const kept = (await rejections()).find(({ payload }) => payload === bad);
    expect(JSON.parse(kept?.errors ?? '')).to.deep.equal(errors);
  });

  it('answers 400 with the same verdicts as a problem when nothing was accepted', async () => {
    const { status, headers, body } = await postEvents(service.url, '[{"a":1},{}]');
    expect(status).to.equal(400);
    expect(headers.get('content-type')).to.equal('application/problem+json');
    expect(body).to.include({ accepted: 0, status: 400, type: 'about:blank' });
    expect(body.rejected).to.have.length(2);
  });

  it('refuses a body that is not JSON as a whole, and keeps its text', async () => {
    const good = eventText({ name: 'never' });
    const bodies = [
      `[${good}`,
      `[${good},]`,
      `[${good}] x`,
      `[${good},{"a":tru}]`,
      `${good}\n${good}`,
      'nonsense',
      '"text"',
      '',
      ' \n',
      '[]',
      '\ufeff',
    ];
    for (const text of bodies) {
      const { status, body } = await postEvents(service.url, text);
      expect(status, text).to.equal(400);
      expect(body.accepted, text).to.equal(0);
      expect(body.errors, text).to.have.length(1);
      await expectRejected(text.replace('\ufeff', '\ufeff'), 'malformed');
    }
    expect(await events(`name = 'never'`)).to.deep.equal([]);
  });

  it('says of many objects in one JSON body that they need another Content-Type', async () => {
    const { body } = await postEvents(service.url, `${eventText()}\n${eventText()}`);
    expect(body.detail).to.contain('application/x-ndjson');
  });

  it('takes gzip, a byte order mark, no Content-Type, and other names of NDJSON', async () => {
    const text = eventText({ name: 'forms' });
    expect((await postEvents(service.url, gzipSync(text), { 'Content-Encoding': 'gzip' })).status).to.equal(
      202,
    );
    expect((await postEvents(service.url, `\ufeff${text}`)).status).to.equal(202);
    expect((await postChunks(service.url, [Buffer.from(text)], {})).status).to.equal(202);
    for (const type of ['application/ndjson', 'application/jsonl', 'Application/JSON; charset="UTF-8"']) {
      expect((await postEvents(service.url, text, { 'Content-Type': type })).status, type).to.equal(202);
    }
    await expectStored('forms', 6);
  });

  it('answers 415 for other types, charsets and encodings, and names what it takes', async () => {
    const headers = [
      { 'Content-Type': 'text/plain' },
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      { 'Content-Type': 'application/json; charset=utf-16' },
      { 'Content-Encoding': 'br' },
      { 'Content-Encoding': 'gzip, gzip' },
      { 'Content-Type': 'constructor' },
    ];
    for (const header of headers) {
      const { status, body } = await postEvents(service.url, eventText(), header as Record<string, string>);
      expect(status, JSON.stringify(header)).to.equal(415);
      expect(body.detail).to.match(/^Content-(Type|Encoding): received ".*", expected /);
    }
  });

  it('answers 413 above the limit and accepts nothing of it: announced, chunked, or a gzip bomb', async () => {
    const line = eventText({ name: 'too much' });
    const large = `${line}\n`.repeat(16_000);
    expect((await postEvents(service.url, large, NDJSON)).status).to.equal(413);
    const chunks = Array.from({ length: 40 }, () => Buffer.from(`${line}\n`.repeat(500)));
    expect((await postChunks(service.url, chunks)).status).to.equal(413);
    const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024, `${line}\n`));
    const before = process.memoryUsage().rss;
    const answer = await postEvents(service.url, bomb, { ...NDJSON, 'Content-Encoding': 'gzip' });
    expect(answer.status).to.equal(413);
    expect(answer.body.accepted).to.equal(0);
    expect(process.memoryUsage().rss - before).to.be.below(100 * 1024 * 1024);
    expect((await postEvents(service.url, '0\n'.repeat(100_000), NDJSON)).status).to.equal(413);
    await eventually(async () =>
      expect((await rejections()).filter(({ reason }) => reason === 'too_large')).to.have.length(4),
    );
    expect(await events(`name = 'too much'`)).to.deep.equal([]);
    expect((await postEvents(service.url, eventText())).status).to.equal(202);
  });

  it('answers 400 for what is not gzip and for gzip that is cut off', async () => {
    const zipped = gzipSync(`${eventText({ name: 'cut' })}\n`.repeat(100));
    for (const body of [Buffer.from('plain'), zipped.subarray(0, -9), zipped.subarray(0, 20)]) {
      const { status, body: answer } = await postEvents(service.url, body, {
        ...NDJSON,
        'Content-Encoding': 'gzip',
      });
      expect(status).to.equal(400);
      expect(answer.detail).to.contain('gzip');
    }
    expect(await events(`name = 'cut'`)).to.deep.equal([]);
  });

  it('takes a body that comes byte by byte, and nothing of one whose client goes away', async () => {
    const slow = Buffer.from(`${eventText({ name: 'slow é' })}\n${eventText({ name: 'slow é' })}`);
    const { status, body } = await postChunks(
      service.url,
      (async function* () {
        for (const byte of slow) {
          await sleep(0);
          yield Uint8Array.of(byte);
        }
      })(),
    );
    expect([status, body.accepted]).to.deep.equal([202, 2]);
    await expectStored('slow é', 2);
    const gone = postChunks(
      service.url,
      (async function* () {
        yield Buffer.from(`${eventText({ name: 'gone' })}\n`);
        await sleep(50);
        throw new Error('gone');
      })(),
      { ...NDJSON, 'Content-Length': 100_000 },
    ).catch((error: unknown) => String(error));
    expect(await gone).to.contain('gone');
    await sleep(200);
    expect(await events(`name = 'gone'`)).to.deep.equal([]);
  });

  it('refuses timestamps before 1970, too far ahead, and those that are no times', async () => {
    const now = Date.now();
    const cases: readonly [unknown, number][] = [
      [0, 202],
      ['1970-01-01T00:00:00Z', 202],
      ['2024-02-29T23:59:59.999999+14:00', 202],
      [now + 290_000, 202],
      [1609492527243.86, 202],
      [-1, 400],
      ['1969-12-31T23:59:59.999999Z', 400],
      [now + 400_000, 400],
      ['2999-01-01', 400],
      ['2023-02-29', 400],
      ['yesterday', 400],
      ['1609492527243', 400],
      [null, 400],
    ];
    for (const [timestamp, expected] of cases) {
      const { status } = await postEvents(service.url, eventText({ timestamp }));
      expect(status, JSON.stringify(timestamp)).to.equal(expected);
    }
  });

  it('holds data against the schema of its category and name', async () => {
    const venue = { venue_name: 'Hall', lon: 1, lat: 2 };
    const event = { event_id: 'e', event_name: 'E', time: 1 };
    const rsvp = (data: object) => eventText({ category: 'meetup', name: 'rsvp', data });
    const ok = { rsvp_id: 1, response: 'yes', venue, event };
    expect((await postEvents(service.url, rsvp(ok))).status).to.equal(202);
    const wrong = rsvp({ ...ok, venue: { ...venue, lon: 'west' }, event: { ...event, time: undefined } });
    const { status, body } = await postEvents(service.url, wrong);
    expect(status).to.equal(400);
    expect(body.rejected?.[0]?.reason).to.equal('schema');
    expect(body.rejected?.[0]?.errors).to.deep.include.members([
      { path: 'data.venue.lon', message: 'received "west", expected a number' },
      { path: 'data.event.time', message: 'received nothing, expected a whole number' },
    ]);
    await expectRejected(wrong, 'schema');
  });

  it('keeps the id that a sender gives, and gives one otherwise', async () => {
    await postEvents(
      service.url,
      `[${eventText({ name: 'ids', event_id: 'mine' })},${eventText({ name: 'ids' })}]`,
    );
    await expectStored('ids', 2);
    const ids = await rowsOf<{ event_id: string }>(
      testEndpoint(),
      service.database,
      `SELECT event_id FROM events WHERE name = 'ids' ORDER BY received_at`,
    );
    expect(ids[0]?.event_id).to.equal('mine');
    expect(ids[1]?.event_id).to.match(/^[0-9a-f-]{36}$/);
  });

  it('cuts what it keeps of long rubbish, and of much rubbish, and says so', async () => {
    const long = `{"x":"${'é'.repeat(20_000)}"}`;
    await postEvents(service.url, long, NDJSON);
    await eventually(async () => {
      const cut = (await rejections()).find(({ payload }) => payload.startsWith('{"x":"éé'));
      expect(cut?.payload).to.match(/é… \[cut: 1638[34] of 40008 bytes\]$/);
    });
    const { body } = await postEvents(service.url, '{"much":1}\n'.repeat(1500), NDJSON);
    expect(body.rejected).to.have.length(1500);
    await eventually(async () => {
      const kept = await rejections();
      expect(kept.filter(({ payload }) => payload === '{"much":1}')).to.have.length(1000);
      const [rest, ...others] = kept.filter(({ reason }) => reason === 'omitted');
      expect(others).to.deep.equal([]);
      expect(rest?.errors).to.contain('500 more');
    });
  });

  it('counts what it rejects by reason, and does not mix it with events', async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    for (const reason of ['malformed', 'shape', 'timestamp', 'schema', 'too_large']) {
      expect(metrics).to.match(new RegExp(`clickhour_events_rejected_total{reason="${reason}"} [1-9]`));
    }
    expect(metrics).to.contain('\nclickhour_events_unaccounted 0\n');
    await eventually(async () => {
      const drained = await (await fetch(`${service.url}/metrics`)).text();
      expect(drained).to.contain('\nclickhour_rejected_events_waiting 0\n');
      expect(drained).to.contain('\nclickhour_events_waiting 0\n');
    });
  });
});
