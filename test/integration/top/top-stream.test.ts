import { expect } from 'chai';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaults } from '../../../server/config/config.ts';
import { apiKey } from '../../support/http/api-keys.ts';
import { eventText, postEvents } from '../../support/http/events-api.ts';
import { metricOf } from '../../support/http/metric.ts';
import { eventually } from '../../support/http/outcome.ts';
import { getJson, getProblem } from '../../support/http/pages.ts';
import { JSON_LINES, readStream, topsOf, type StreamReader } from '../../support/http/read-stream.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';
import { NOW, startTopService, type Given, type Top } from '../../support/server/top-service.ts';

const READERS = 'clickhour_live_readers';

function rsvp(id: number, response: string, minute: number, event: string): Given {
  return {
    category: 'meetup',
    timestamp: NOW - minute * 60_000,
    data: {
      rsvp_id: id,
      response,
      event: { event_id: event, event_name: `The "${event}"\né`, time: 1_489_923_000_000 },
      venue: { venue_name: 'Hall', lon: -0.1, lat: 51.5 },
    },
  };
}

describe('GET /events/top/stream', () => {
  let service: TestApp;
  let readers: StreamReader[];

  before(async () => {
    service = await startTestApp({ journal: defaults.journal, live: { maxReaders: 60 } });
  });
  after(async () => service.remove());
  beforeEach(() => {
    readers = [];
  });
  afterEach(async () => {
    for (const reader of readers) reader.leave();
    await eventually(async () => expect(await metricOf(service.url, READERS)).to.equal(0));
  });

  const urlOf = (query = '') => `${service.url}/events/top/stream?${query}`;
  const read = async (query = '', headers: Record<string, string> = {}) => {
    const reader = await readStream(urlOf(query), headers);
    readers.push(reader);
    return reader;
  };

  it('is server-sent events, one object each second, each with its time as its id', async () => {
    const reader = await read();
    expect(reader.status).to.equal(200);
    expect(reader.headers).to.include({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    expect(reader.headers).not.to.have.property('content-encoding');
    await reader.atLeast(4);
    expect(reader.raw()).to.match(/^retry: 2000\n\n/);
    for (const [n, { event, id, atMs }] of reader.received.entries()) {
      expect({ event, id }).to.deep.equal({ event: 'top', id: topsOf(reader)[n]?.generated_at });
      const before = reader.received[n - 1];
      if (before !== undefined) expect(atMs - before.atMs).to.be.within(500, 1500);
    }
  });

  it('is one JSON object a line for those who want that', async () => {
    const reader = await read('', JSON_LINES);
    expect(reader.headers['content-type']).to.equal('application/x-ndjson');
    await reader.atLeast(3);
    const times = topsOf(reader).map(({ generated_at: time }) => Date.parse(time));
    expect((times[2] ?? 0) - (times[0] ?? 0)).to.be.within(1500, 2500);
  });

  it('is events unless lines are preferred', async () => {
    const types = {
      '*/*': 'text/event-stream',
      'application/json': 'text/event-stream',
      'text/event-stream, application/x-ndjson;q=0.5': 'text/event-stream',
      'application/x-ndjson, */*;q=0.1': 'application/x-ndjson',
    };
    for (const [accept, type] of Object.entries(types)) {
      const { headers } = await read('', { Accept: accept });
      expect(headers['content-type'], accept).to.equal(type);
    }
  });

  it('has an event within 2 s of its acknowledgement', async () => {
    const reader = await read('category=fresh');
    await reader.atLeast(1);
    for (let count = 1; count <= 3; count += 1) {
      await sleep(300 * count);
      expect((await postEvents(service.url, eventText({ category: 'fresh', name: 'n' }))).status).to.equal(202);
      const acknowledgedMs = performance.now();
      await eventually(() => expect(topsOf(reader).at(-1)?.top).to.deep.equal([{ key: 'n', count }]));
      const seen = reader.received.find((_, n) => topsOf(reader)[n]?.top[0]?.count === count);
      expect((seen?.atMs ?? Infinity) - acknowledgedMs).to.be.below(2000);
    }
  });

  it('takes one line for what was sent on many', async () => {
    const data = '{\n  "a":\r\n {"b" : "x\\n",\r "c": [1,\n2]}}';
    await postEvents(service.url, eventText({ category: 'lines', name: 'n' }).replace('"data":{}', `"data":${data}`));
    const shown = [{ key: 'n', count: 1, 'data.a': { b: 'x\n', c: [1, 2] } }];
    for (const headers of [{}, JSON_LINES]) {
      const reader = await read('category=lines&show=data.a', headers);
      await eventually(() => expect(topsOf(reader).at(-1)?.top).to.deep.equal(shown));
    }
  });

  it('refuses what is no question before the stream begins', async () => {
    for (const query of ['by=data', 'limit=0', 'window=1h&from=0', 'where=x', 'from=2&to=1']) {
      expect((await getProblem(urlOf(query))).status, query).to.equal(400);
    }
    expect(await metricOf(service.url, READERS)).to.equal(0);
  });

  it('answers HEAD with the head, and has no reader after it', async () => {
    const before = await metricOf(service.url, 'clickhour_live_queries_total');
    const answer = await fetch(urlOf('limit=3'), { method: 'HEAD' });
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('content-type')).to.equal('text/event-stream');
    expect(await metricOf(service.url, READERS)).to.equal(0);
    expect(await metricOf(service.url, 'clickhour_live_queries_total')).to.equal(before);
  });

  it('refuses readers over the limit with 503 and takes them again when one has left', async () => {
    for (let n = 0; n < 60; n += 1) await read();
    const answer = await fetch(urlOf());
    expect(answer.status).to.equal(503);
    expect(answer.headers.get('content-type')).to.equal('application/problem+json');
    expect(answer.headers.get('retry-after')).to.match(/^\d+$/);
    expect(await answer.json()).to.have.property('detail', 'No more readers of streams than 60 may be here at once');
    readers.pop()?.leave();
    await eventually(async () => expect((await read()).status).to.equal(200));
  });

  it('refuses more than 100 different questions', async () => {
    const many = await startTestApp();
    const opened: StreamReader[] = [];
    try {
      for (let n = 1; n <= 100; n += 1) opened.push(await readStream(`${many.url}/events/top/stream?limit=${n}`));
      const answer = await fetch(`${many.url}/events/top/stream?by=user`);
      expect(answer.status).to.equal(503);
      expect(answer.headers.get('retry-after')).to.match(/^\d+$/);
      const shared = await readStream(`${many.url}/events/top/stream?limit=5`);
      opened.push(shared);
      await shared.atLeast(2);
    } finally {
      for (const reader of opened) reader.leave();
      await many.remove();
    }
  });

  it('measures how long a stream took to begin, not how long it was', async () => {
    const reader = await read();
    await reader.atLeast(3);
    reader.leave();
    const name = 'clickhour_http_request_seconds_bucket';
    const labels = 'le="1",method="GET",route="/events/top/stream",status="200"';
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    const [, count] =
      /request_seconds_count\{method="GET",route="\/events\/top\/stream",status="200"\} (\d+)/.exec(metrics) ?? [];
    expect(metrics).to.contain(`${name}{${labels}} ${count}`);
  });

  it('needs the role read', async () => {
    const keys = [apiKey('desk-key', 'desk', 'read'), apiKey('shop-key', 'shop', 'write')];
    const guarded = await startTestApp({ trust: { keys, networks: [], proxies: [] } });
    const status = async (headers: Record<string, string>) => {
      const reader = await readStream(`${guarded.url}/events/top/stream`, headers);
      reader.leave();
      return reader.status;
    };
    try {
      expect(await status({})).to.equal(401);
      expect(await status({ Authorization: 'Bearer shop-key' })).to.equal(403);
      expect(await status({ Authorization: 'Bearer desk-key' })).to.equal(200);
    } finally {
      await guarded.remove();
    }
  });

  it('forgets a reader whose request waits behind another stream on its connection', async function () {
    this.timeout(30_000);
    const { hostname, port, pathname } = new URL(urlOf());
    const socket = connect({ host: hostname, port: Number(port) });
    socket.resume();
    const asking = `GET ${pathname} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    socket.write(asking + asking);
    await eventually(async () => expect(await metricOf(service.url, READERS)).to.equal(2));
    socket.destroy();
    await eventually(async () => expect(await metricOf(service.url, READERS)).to.equal(0), 20_000);
  });
});

describe('What GET /events/top/stream shows', () => {
  it('is the object of GET /events/top, of RSVPs that change their mind too', async () => {
    const service = await startTopService();
    const query =
      'category=meetup&by=data.event.event_id&unique=data.rsvp_id&where=data.response:yes&' +
      'show=data.event.event_name,data.event.time,data.venue.venue_name,data.venue.lon,data.venue.lat';
    try {
      await service.post(
        rsvp(1, 'yes', 9, 'a'),
        rsvp(2, 'yes', 8, 'a'),
        rsvp(3, 'yes', 7, 'b'),
        rsvp(1, 'no', 6, 'a'),
        rsvp(4, 'yes', 5, 'b'),
      );
      for (const asked of [query, 'category=meetup&by=data.event.event_id&show=data.event']) {
        const expected = await getJson<Top>(service.urlOf(asked));
        expect(expected.top).to.have.length.above(1);
        for (const headers of [{}, JSON_LINES]) {
          const reader = await readStream(service.urlOf(asked).replace('?', '/stream?'), headers);
          await reader.atLeast(2);
          reader.leave();
          for (const object of topsOf(reader)) expect(object).to.deep.equal(expected);
        }
      }
    } finally {
      await service.remove();
    }
  });
});
