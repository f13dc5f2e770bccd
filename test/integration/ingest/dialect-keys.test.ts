import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { defaults } from '../../../server/config/config.ts';
import { apiKey } from '../../support/http/api-keys.ts';
import { eventually } from '../../support/http/outcome.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const BASIC = (key: string) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
const deep = (levels: number) => `${'{"a":'.repeat(levels)}0${'}'.repeat(levels)}`;
const nestedMessage = (name: string, token: string, levels: number) =>
  `{"event":"${name}","distinct_id":"u","properties":{"token":"${token}","deep":${deep(levels)}}}`;
const three = (message: object, key: object) => ({ batch: [message, message, message], ...key });

describe('Keys in the words of clients', () => {
  let service: TestApp;
  const slow = { ...apiKey('slow', 'shop', 'write'), rate: { eventsPerSecond: 0.001, burst: 2 } };

  before(async () => {
    service = await startTestApp({
      trust: {
        keys: [apiKey('page', 'shop', 'write'), apiKey('reader', 'desk', 'read'), slow],
        networks: [],
        proxies: [],
      },
      maxBodyBytes: 100_000,
      corsOrigins: ['https://shop.example'],
    });
  });
  after(async () => service.remove());

  const post = async (path: string, body: object | string, headers: Record<string, string> = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return await fetch(`${service.url}${path}`, { method: 'POST', body: text, headers });
  };
  const track = { type: 'track', userId: 'u' };
  const seen = { event: 'seen', distinct_id: 'u' };

  it('are taken from the header, the query and the body', async () => {
    const requests: readonly [path: string, body: object, headers?: Record<string, string>][] = [
      ['/v1/batch', { batch: [track] }, { Authorization: BASIC('page') }],
      ['/v1/batch', { batch: [track], writeKey: 'page' }],
      ['/v1/batch?writeKey=page', { batch: [track] }],
      ['/v1/track', { ...track, writeKey: 'page' }],
      ['/batch/', { batch: [seen], api_key: 'page' }],
      ['/e/', { batch: [seen], token: 'page' }],
      ['/e/?api_key=page', { batch: [seen] }],
      ['/e/', [{ ...seen, properties: { token: 'page' } }]],
      ['/events?key=page', { name: 'with a key' }],
    ];
    for (const [path, body, headers] of requests) {
      const { status } = await post(path, body, headers);
      expect(status, `${path} ${JSON.stringify(body)}`).to.equal(path.startsWith('/events') ? 202 : 200);
    }
    const answer = await fetch(`${service.url}/events?application=shop`, {
      headers: { Authorization: 'Bearer reader' },
    });
    const { events } = (await answer.json()) as { readonly events: readonly unknown[] };
    expect(events.length).to.be.at.most(requests.length);
  });

  it('that nobody knows are 401, those without the role 403, and the header decides alone', async () => {
    const attempts: readonly [status: number, path: string, body: object | string, headers?: Record<string, string>][] =
      [
        [401, '/v1/batch', { batch: [track] }],
        [401, '/v1/batch', { batch: [track], writeKey: 'wrong' }],
        [401, '/v1/batch', { batch: [track], writeKey: 'page' }, { Authorization: BASIC('wrong') }],
        [401, '/e/', { batch: [seen], api_key: 'wrong' }],
        [401, '/e/', 'no JSON'],
        [400, '/e/?api_key=page', 'no JSON'],
        [401, '/events?key=wrong', { name: 'x' }],
        [401, '/events', 'no JSON', { 'Content-Type': 'image/png' }],
        [403, '/v1/batch', { batch: [track], writeKey: 'reader' }],
        [403, '/events?key=reader', { name: 'x' }],
        [401, '/analytics?timestamp=1&user=u&click&key=page', ''],
      ];
    for (const [status, path, body, headers] of attempts) {
      expect((await post(path, body, headers)).status, `${path} ${JSON.stringify(body)}`).to.equal(status);
    }
  });

  it('are not asked of a body that is too large to find them in: 413, and nothing is stored', async () => {
    const large = { batch: [{ ...seen, event: 'large', text: 'x'.repeat(100_000) }], api_key: 'page' };
    expect((await post('/batch/', large)).status).to.equal(413);
    const whole = gzipSync(JSON.stringify(large));
    const zipped = await fetch(`${service.url}/batch/`, { method: 'POST', body: whole });
    expect(zipped.status).to.equal(413);
    expect((await post('/batch/?api_key=wrong', large)).status).to.equal(401);
    const answer = await fetch(`${service.url}/events/rejected?reason=too_large`, {
      headers: { Authorization: 'Bearer reader' },
    });
    expect(await answer.json()).to.deep.include({ rejected: [] });
  });

  it('are those of the first message that can be read, where one before it is too deep', async () => {
    const answer = await post('/e/', `[${nestedMessage('deep', 'page', 101)},${nestedMessage('flat', 'page', 1)}]`);
    expect(answer.status).to.equal(200);
    expect(
      (await post('/e/', `[${nestedMessage('deep', 'page', 101)},${nestedMessage('flat', 'no', 1)}]`)).status,
    ).to.equal(401);
  });

  it('over their rate make Segment clients wait with 429, and PostHog clients with 503', async () => {
    // More than the burst, from a bucket that is whole.
    expect((await post('/v1/batch', three(track, { writeKey: 'slow' }))).status).to.equal(200);
    const segment = await post('/v1/batch', three(track, { writeKey: 'slow' }));
    const posthog = await post('/e/', three(seen, { api_key: 'slow' }));
    expect([segment.status, posthog.status]).to.deep.equal([429, 503]);
    for (const { headers } of [segment, posthog]) expect(Number(headers.get('Retry-After'))).to.be.at.least(1);
  });

  it('let pages of a configured origin send the headers that their client has', async () => {
    const preflight = await fetch(`${service.url}/v1/t`, {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://shop.example',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,x-retry-count,rsa-batch',
      },
    });
    expect(preflight.status).to.equal(204);
    expect(preflight.headers.get('Access-Control-Allow-Headers')).to.equal('authorization,x-retry-count,rsa-batch');
  });
});

describe('Dialects of a server whose journal is full', () => {
  it('make Segment clients wait with 429, and PostHog clients with 503', async () => {
    const service = await startTestApp({ journal: { ...defaults.journal, maxBytes: 1 } });
    try {
      for (const [path, status] of [
        ['/v1/batch', 429],
        ['/batch/', 503],
      ] as const) {
        const answer = await fetch(`${service.url}${path}`, { method: 'POST', body: '{"batch":[]}' });
        expect(answer.status, path).to.equal(status);
        expect(Number(answer.headers.get('Retry-After')), path).to.be.at.least(1);
      }
    } finally {
      await service.remove();
    }
  });
});

describe('Bodies that stall, with their key inside', () => {
  it('leave most of the memory for bodies to senders that are known', async () => {
    const service = await startTestApp({
      trust: { keys: [apiKey('page', 'shop', 'write')], networks: [], proxies: [] },
      maxBodyBytes: 10_000,
      bodiesMaxBytes: 40_000,
    });
    const stalled = Array.from({ length: 6 }, () =>
      request(`${service.url}/batch/`, { method: 'POST', agent: false, headers: { 'Content-Length': 9_000 } }),
    );
    const text = 'x'.repeat(5_000);
    const post = async (headers: Record<string, string>) => {
      const body = JSON.stringify({ api_key: 'page', batch: [{ event: 'seen', distinct_id: 'u', text }] });
      const answer = await fetch(`${service.url}/batch/`, { method: 'POST', body, headers });
      await answer.text();
      return answer.status;
    };
    try {
      expect(await post({})).to.equal(200);
      for (const each of stalled) each.on('error', () => undefined).write(text + 'x'.repeat(3_000));
      await eventually(async () => expect(await post({})).to.equal(503));
      for (let i = 0; i < 3; i += 1) expect(await post({ Authorization: BASIC('page') })).to.equal(200);
    } finally {
      for (const each of stalled) each.destroy();
      await service.remove();
    }
  });

  it('take of the memory for bodies what they become, however they are compressed', async () => {
    const service = await startTestApp({ maxBodyBytes: 10_000_000, bodiesMaxBytes: 3_000_000 });
    try {
      const post = async (bytes: number) => {
        const message = JSON.stringify({ api_key: 'k', event: 'seen', distinct_id: 'u', text: 'x'.repeat(bytes) });
        const body = `data=${encodeURIComponent(gzipSync(message).toString('base64'))}`;
        return (await fetch(`${service.url}/e/`, { method: 'POST', body })).status;
      };
      expect(await post(2_000_000)).to.equal(200);
      expect(await post(4_000_000)).to.equal(503);
      expect(await post(2_000_000)).to.equal(200);
    } finally {
      await service.remove();
    }
  });
});
