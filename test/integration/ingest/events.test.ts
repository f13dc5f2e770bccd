import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventText, NDJSON, postEvents } from '../../support/http/events-api.ts';
import { eventually } from '../../support/http/outcome.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import {
  expectNoRefusedSegment,
  expectRejected,
  expectStored,
  storedEvents,
  storedRejections,
} from '../../support/clickhouse/stored-events.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const SESSION = 'e2085be5-9137-4e4e-80b5-f1ffddc25423';
const EXAMPLES = [
  `{"session_id":"${SESSION}","category":"page interaction","name":"pageview","data":{"host":"www.example.com","path":"/"},"timestamp":"2021-01-01 09:15:27.243860"}`,
  `{"session_id":"${SESSION}","category":"page interaction","name":"cta click","data":{"host":"www.example.com","path":"/","element":"chat bubble"},"timestamp":"2021-01-01 09:15:27.243860"}`,
  `{"session_id":"${SESSION}","category":"form interaction","name":"submit","data":{"host":"www.example.com","path":"/","form":{"first_name":"John","last_name":"Doe"}},"timestamp":"2021-01-01 09:15:27.243860"}`,
];

function rsvp(data: object): string {
  return eventText({ category: 'meetup', name: 'rsvp', data });
}

describe('POST /events', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp();
  });
  after(async () => service.remove());
  afterEach(async () => expectNoRefusedSegment(service.url));

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
        const rows = await storedEvents(service.database, `session_id = '${session}'`);
        const expected = texts.map((text) => {
          const { category, name } = JSON.parse(text) as Record<string, string>;
          const data = /"data":(.*),"timestamp"/.exec(text)?.[1];
          return { session_id: session, category, name, data, us: '1609492527243860' };
        });
        const kept = rows.map(({ event_id: _id, application: _application, ...row }) => row);
        expect(kept).to.deep.equal(expected);
      });
    });
  }

  it('gives each event of a body its verdict, and keeps what it rejects as it was received', async () => {
    const good = eventText({ name: 'verdicts' });
    const bad = '{ "sesion_id": "s", "category": "", "name": 1, "timestamp": "soon", "data": [] }';
    const { status, body } = await postEvents(service.url, `${good}\r\n\r\n${bad}\nnot json\n${good}`, NDJSON);
    expect(status).to.equal(202);
    expect(body.accepted).to.equal(2);
    expect(body.rejected?.map(({ index, reason }) => [index, reason])).to.deep.equal([
      [1, 'shape'],
      [2, 'malformed'],
    ]);
    const errors = body.rejected?.[0]?.errors ?? [];
    expect(errors.map(({ path }) => path)).to.have.members(['category', 'name', 'data', 'sesion_id']);
    expect(errors.find(({ path }) => path === 'name')?.message).to.equal('received 1, expected a string');
    await expectStored(service.database, 'verdicts', 2);
    await expectRejected(service.database, bad, 'shape');
    await expectRejected(service.database, 'not json', 'malformed');
    const kept = (await storedRejections(service.database)).find(({ payload }) => payload === bad);
    expect(JSON.parse(kept?.errors ?? '')).to.deep.equal(errors);
  });

  it('needs a name and nothing else, and decides the rest before the event is durable', async () => {
    const before = Date.now() * 1000;
    const events = ['{"name":"relaxed"}', '{"name":"relaxed","user":"ada","data":{ "a" :1}}'];
    const { status, body } = await postEvents(service.url, events.join('\n'), NDJSON);
    expect([status, body.accepted]).to.deep.equal([202, 2]);
    const after = Date.now() * 1000 + 1000;
    const query = `SELECT toUnixTimestamp64Micro(timestamp) AS us, toUnixTimestamp64Micro(received_at) AS received_us,
      session_id, user, category, data FROM events WHERE name = 'relaxed' ORDER BY received_at`;
    await eventually(async () => {
      const rows = await rowsOf<Record<string, string>>(testEndpoint(), service.database, query);
      expect(rows).to.have.length(2);
      for (const { us, received_us } of rows) {
        expect(us).to.equal(received_us);
        expect(Number(us)).to.be.within(before, after);
      }
      expect(rows.map(({ us: _us, received_us: _received, ...rest }) => rest)).to.deep.equal([
        { session_id: '', user: '', category: 'event', data: '{}' },
        { session_id: 'ada', user: 'ada', category: 'event', data: '{ "a" :1}' },
      ]);
    });
    expect((await postEvents(service.url, '{"user":"ada"}')).status).to.equal(400);
  });

  it('holds an event without data against the schema of its category and name', async () => {
    const { status, body } = await postEvents(service.url, '{"category":"meetup","name":"rsvp"}');
    expect([status, body.rejected?.[0]?.reason]).to.deep.equal([400, 'schema']);
  });

  it('answers 400 with the same verdicts as a problem when nothing was accepted', async () => {
    const { status, headers, body } = await postEvents(service.url, '[{"a":1},{}]');
    expect(status).to.equal(400);
    expect(headers.get('content-type')).to.equal('application/problem+json');
    expect(body).to.include({ accepted: 0, status: 400, type: 'about:blank' });
    expect(body.rejected).to.have.length(2);
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
    await expectRejected(service.database, wrong, 'schema');
  });

  it('keeps the id that a sender gives, and gives one otherwise', async () => {
    await postEvents(service.url, `[${eventText({ name: 'ids', event_id: 'mine' })},${eventText({ name: 'ids' })}]`);
    await expectStored(service.database, 'ids', 2);
    const ids = await storedEvents(service.database, `name = 'ids'`);
    expect(ids[0]?.event_id).to.equal('mine');
    expect(ids[1]?.event_id).to.match(/^[0-9a-f-]{36}$/);
  });

  it('records the application of the key, and keeps the claim of another as rejected', async () => {
    const key = 'key-of-the-shop';
    const sha256 = createHash('sha256').update(key).digest('hex');
    const trust = {
      keys: [{ application: 'shop', sha256, roles: ['write'] as const }],
      networks: [],
      proxies: [],
    };
    const trusting = await startTestApp({ trust });
    try {
      const asShop = { Authorization: `Bearer ${key}` };
      expect((await postEvents(trusting.url, eventText())).status).to.equal(401);
      const foreign = eventText({ application: 'bank' });
      const body = `[${eventText({ name: 'own' })},${foreign},${eventText({ name: 'own', application: 'shop' })}]`;
      const { body: verdict } = await postEvents(trusting.url, body, asShop);
      expect(verdict.accepted).to.equal(2);
      expect(verdict.rejected?.map(({ index, reason }) => [index, reason])).to.deep.equal([[1, 'foreign_application']]);
      await expectStored(trusting.database, 'own', 2);
      const stored = await storedEvents(trusting.database, `name = 'own'`);
      expect(stored.map(({ application }) => application)).to.deep.equal(['shop', 'shop']);
      await expectRejected(trusting.database, foreign, 'foreign_application');
      expect((await storedRejections(trusting.database))[0]?.application).to.equal('shop');
    } finally {
      await trusting.remove();
    }
  });
});
