import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { expectNoRefusedSegment } from '../../support/clickhouse/stored-events.ts';
import { listed, rejectedTexts } from '../../support/http/listed.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const SEGMENT_OK = { success: true };
const POSTHOG_OK = { status: 1 };

const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64');

let made = 0;
const id = () => `id-${Date.now()}-${(made += 1)}`;

describe('Dialects of clients that people have', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp({ maxBodyBytes: 100_000 });
  });
  after(async () => service.remove());
  afterEach(async () => expectNoRefusedSegment(service.url));

  const post = async (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${service.url}${path}`, { method: 'POST', body, headers });
    return { status: answer.status, body: await answer.json() };
  };

  it('Segment: each field of an event is the first of some members, and the message is its data', async () => {
    const session = 'anonymous';
    const text =
      ' { "type":"track", "event":"Paid","messageId":"m1" ,"anonymousId":"anonymous","userId":"ann","context":{"n":1.0},"timestamp":"2026-01-02T03:04:05.678Z","sentAt":"2026-01-02T04:00:00Z"}';
    const body = `{"sentAt":"2026-01-02T04:00:00.000Z","batch":[${text} ,${JSON.stringify({
      type: 'page',
      name: 'Start',
      messageId: 'm2',
      anonymousId: session,
      userId: null,
      originalTimestamp: '2026-01-02T03:04:06.000Z',
    })},{"type":"identify","messageId":"m3","userId":"","anonymousId":"anonymous","context":{"sessionId":1767323045},"timestamp":"2026-01-02T03:04:07.000Z"}],"writeKey":"k"}`;
    expect(await post('/v1/batch', body, { 'Content-Type': 'text/plain' })).to.deep.equal({
      status: 200,
      body: SEGMENT_OK,
    });
    const events = [
      ...(await listed(service.url, `session_id=${session}`, 2)),
      ...(await listed(service.url, 'session_id=1767323045', 1)),
    ];
    const told = events.map((event) => [
      event.event_id,
      event.category,
      event.name,
      event.user,
      event.session_id,
      event.timestamp,
    ]);
    expect(told).to.deep.equal([
      ['m1', 'track', 'Paid', 'ann', 'anonymous', '2026-01-02T03:04:05.678000Z'],
      ['m2', 'page', 'Start', 'anonymous', 'anonymous', '2026-01-02T03:04:06.000000Z'],
      ['m3', 'identify', 'identify', 'anonymous', '1767323045', '2026-01-02T03:04:07.000000Z'],
    ]);
    const raw = await (await fetch(`${service.url}/events?session_id=${session}&limit=1`)).text();
    expect(raw).to.contain(text.trim());
  });

  it('Segment: every path takes a message alone, whose type is that of the path where it names none', async () => {
    const types = ['track', 'page', 'screen', 'identify', 'group', 'alias'];
    const user = id();
    for (const [index, path] of types.flatMap((type) => [`/v1/${type}`, `/v1/${type.charAt(0)}`]).entries()) {
      const message = { userId: user, messageId: `m${index}`, timestamp: new Date(index).toISOString() };
      expect((await post(path, JSON.stringify(message))).body, path).to.deep.equal(SEGMENT_OK);
    }
    const events = await listed(service.url, `session_id=${user}`, 12);
    expect(events.map(({ category }) => category)).to.deep.equal(types.flatMap((type) => [type, type]));
    expect(events.map(({ name }) => name)).to.deep.equal(types.flatMap((type) => [type, type]));
  });

  it('PostHog: paths with a slash and without, one event, an array, and a batch', async () => {
    const session = id();
    const event = (index: number, more: object = {}) => ({
      event: 'seen',
      uuid: `u${index}`,
      properties: { $session_id: session, distinct_id: 'eve' },
      timestamp: new Date(index).toISOString(),
      ...more,
    });
    const paths = ['/batch', '/e', '/i/v0/e', '/capture'].flatMap((path) => [path, `${path}/`]);
    for (const [index, path] of paths.entries()) {
      const bodies = [event(index, { api_key: 'k' }), [event(index)], { api_key: 'k', batch: [event(index)] }];
      expect(await post(path, JSON.stringify(bodies[index % 3])), path).to.deep.equal({
        status: 200,
        body: POSTHOG_OK,
      });
    }
    await post('/batch/', JSON.stringify({ batch: [event(8, { distinct_id: 77, properties: {} })] }));
    const events = await listed(service.url, `session_id=${session}`, 8);
    expect(events.map(({ event_id }) => event_id)).to.deep.equal(paths.map((_, index) => `u${index}`));
    expect(new Set(events.map(({ user, category, name }) => `${user} ${category} ${name}`))).to.deep.equal(
      new Set(['eve capture seen']),
    );
    const [number] = await listed(service.url, 'session_id=77', 1);
    expect(number).to.include({ user: '77', session_id: '77', event_id: 'u8' });
  });

  it('PostHog: gzip by header, by parameter and by its first bytes, base64, and forms of them', async () => {
    const session = id();
    const json = (index: number) =>
      JSON.stringify({
        api_key: 'k',
        batch: [{ event: 'ü+ ', uuid: `f${index}`, distinct_id: session, timestamp: new Date(index).toISOString() }],
      });
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const requests: readonly [path: string, body: string | Buffer, headers?: Record<string, string>][] = [
      ['/e/', gzipSync(json(0)), { 'Content-Encoding': 'gzip', ...form }],
      ['/e/?compression=gzip-js', gzipSync(json(1)), { 'Content-Type': 'text/plain' }],
      ['/e/', gzipSync(json(2)), { 'Content-Type': 'text/plain' }],
      ['/e/', base64(json(3))],
      ['/e/?compression=base64', `data=${encodeURIComponent(base64(json(4)))}`, form],
      ['/e/?compression=base64', `data=${base64(json(5))}&ver=1`, form],
      ['/e/', `data=${encodeURIComponent(json(6))}`, form],
      ['/e/?compression=gzip-js', `data=${encodeURIComponent(base64(gzipSync(json(7))))}`, form],
      ['/e/', ` \n${json(8)}`],
      ['/e/', `compression=base64&ip=0&data=${encodeURIComponent(base64(json(9)))}&ver=1`, form],
    ];
    for (const [path, body, headers] of requests) {
      expect(await post(path, body, headers), String(body)).to.deep.equal({ status: 200, body: POSTHOG_OK });
    }
    const events = await listed(service.url, `session_id=${session}`, 10);
    expect(events.map(({ event_id, name }) => `${event_id} ${name}`)).to.deep.equal(
      requests.map((_, index) => `f${index} ü+ `),
    );
  });

  it('a bad message is a rejected event under 200, and the others are stored', async () => {
    const user = id();
    const bad = [
      { type: 'track', userId: user, messageId: 'm', timestamp: 'yesterday' },
      { type: 'track', userId: 'x'.repeat(257), messageId: 'm' },
      { userId: user },
      [],
      7,
    ];
    const good = { type: 'track', userId: user, messageId: 'good', event: 'good' };
    const batch = [...bad.slice(0, 2), good, ...bad.slice(2)];
    expect(await post('/v1/batch', JSON.stringify({ batch }))).to.deep.equal({ status: 200, body: SEGMENT_OK });
    const [stored, ...more] = await listed(service.url, `session_id=${user}`, 1);
    expect(stored).to.include({ event_id: 'good' });
    expect(more).to.deep.equal([]);
    const texts = await rejectedTexts(service.url, bad.length);
    for (const message of bad) expect(texts).to.include(JSON.stringify(message));

    expect((await post('/e/', JSON.stringify({ api_key: 'k', batch: [{ uuid: 'x' }] }))).body).to.deep.equal(
      POSTHOG_OK,
    );
    for (const body of ['5', '"a"', 'null', '{}', '[]', '{"batch":[]}', '{"batch":{}}', '{"batch":null}']) {
      expect(await post('/v1/batch', body), body).to.deep.equal({ status: 200, body: SEGMENT_OK });
      expect(await post('/capture/', body), body).to.deep.equal({ status: 200, body: POSTHOG_OK });
    }
    // What is too deep is one message that is too deep.
    const deep = `{"batch":[{"type":"track","userId":"${user}","deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}]}`;
    expect((await post('/v1/batch', deep)).status).to.equal(200);
  });

  it('400 is for no JSON, 413 for too much', async () => {
    const bodies = ['', 'nonsense', '{"batch":[{]}', '{"batch":[{"a":tru}]}', '{"batch":[{}', '{"a":1},{"a":1}', '1,2'];
    for (const body of bodies) {
      expect((await post('/v1/batch', body)).status, body).to.equal(400);
      expect((await post('/batch/', body)).status, body).to.equal(400);
    }
    expect((await post('/v1/batch', Buffer.from([0x1f, 0x8b, 1, 2]))).status).to.equal(400);
    expect((await post('/v1/batch', Buffer.from([0x22, 0xff, 0x22]))).status).to.equal(400);
    expect((await post('/v1/batch', 'x'.repeat(100_001))).status).to.equal(413);
    expect((await post('/e/', gzipSync('x'.repeat(200_000)))).status).to.equal(413);
    const twice = Buffer.from(gzipSync('x'.repeat(200_000))).toString('base64');
    expect((await post('/e/', `data=${encodeURIComponent(twice)}`)).status).to.equal(413);
  });

  it('a message sent again is the same event, also over another path', async () => {
    const user = id();
    const message = { type: 'track', userId: user, messageId: 'once', timestamp: new Date().toISOString() };
    for (const path of ['/v1/batch', '/v1/import', '/v1/track', '/v1/t', '/t', '/b']) {
      await post(path, JSON.stringify({ ...message, sentAt: path }));
    }
    expect(await listed(service.url, `session_id=${user}`, 1)).to.have.length(1);
  });

  it('what the clients ask for besides answers that there is nothing', async () => {
    const flags = await post('/flags/?v=2', gzipSync('{"token":"k"}'));
    expect(flags).to.deep.include({ status: 200 });
    expect(flags.body).to.deep.include({ flags: {}, featureFlags: {} });
    expect((await post('/decide/?v=3', '{}')).body).to.deep.include({ featureFlags: {} });
    expect(await (await fetch(`${service.url}/array/k/config`)).json()).to.deep.include({ siteApps: [] });
    const script = await fetch(`${service.url}/array/k"%3C/config.js`);
    expect(script.headers.get('Content-Type')).to.contain('text/javascript');
    expect(await script.text()).to.contain(String.raw`["k\"<"]`);
    const settings = await (await fetch(`${service.url}/v1/projects/k/settings`)).json();
    const { host } = new URL(service.url);
    expect(settings).to.have.nested.property('integrations.Segment\\.io.apiHost', `${host}/v1`);
    // By default it reports to Segment.
    expect(settings).to.have.nested.property('metrics.sampleRate', 0);
    const config = await (await fetch(`${service.url}/sourceConfig/?writeKey=k`)).json();
    expect(config).to.have.nested.property('source.destinations').that.deep.equals([]);
  });

  it('analytics-next is told to send by HTTPS where its page, or the proxy, says that it can', async () => {
    const cases: readonly [protocol: string, headers: Record<string, string>][] = [
      ['http', {}],
      ['http', { Origin: service.url, 'X-Forwarded-Proto': 'http' }],
      ['https', { Origin: service.url.replace('http:', 'https:') }],
      ['https', { Referer: 'https://shop.example/cart' }],
      ['https', { 'X-Forwarded-Proto': 'https' }],
    ];
    for (const [protocol, headers] of cases) {
      const answer = await fetch(`${service.url}/v1/projects/k/settings`, { headers });
      const told = JSON.stringify(headers);
      expect(await answer.json(), told).to.have.nested.property('integrations.Segment\\.io.protocol', protocol);
      expect(answer.headers.get('Vary'), told).to.contain('X-Forwarded-Proto');
    }
  });

  it('are told apart in the metrics', async () => {
    await post('/v1/t', JSON.stringify({ userId: 'm' }));
    const text = await (await fetch(`${service.url}/metrics`)).text();
    expect(text).to.match(/clickhour_dialect_events_total\{dialect="segment",verdict="accepted"\} [1-9]/);
    expect(text).to.match(/clickhour_dialect_events_total\{dialect="posthog",verdict="rejected"\} [1-9]/);
  });
});
