import { expect } from 'chai';
import { Documentation, type OpenApi } from '../../support/http/documented.ts';
import { apiKey, ownKey } from '../../support/http/api-keys.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

type Request = readonly [method: string, path: string, status: number, headers?: Record<string, string>, body?: string];

const now = Date.now();
const json = { Accept: 'application/json' };
const event = '{"session_id":"s","category":"c","name":"n","data":{},"timestamp":0}';
const ndjson = { 'Content-Type': 'application/x-ndjson' };

/** What is asked of a service that trusts everyone. */
const REQUESTS: readonly Request[] = [
  ['POST', `/analytics?timestamp=${now}&user=ada&click`, 204],
  ['POST', `/analytics?timestamp=${now}&user=ada&click&event_id=a`, 204, { 'Idempotency-Key': 'a' }],
  ['POST', `/analytics?timestamp=${now}&user=ada&click&event_id=a`, 400, { 'Idempotency-Key': 'b' }],
  ['POST', '/analytics', 400],
  ['GET', `/analytics?timestamp=${now}`, 200],
  ['GET', `/analytics?timestamp=${now}`, 200, json],
  ['GET', '/analytics', 400],
  ['DELETE', '/analytics', 405],
  ['GET', '/analytics/hours?from=2024-01-01&to=2024-01-02', 200],
  ['GET', '/analytics/hours', 400],
  ['POST', '/events', 202, ndjson, `${event}\n{}`],
  ['POST', '/events', 400, ndjson, '{}'],
  ['POST', '/events', 400, {}, '[{'],
  ['POST', '/events', 413, {}, ' '.repeat(300_000)],
  ['POST', '/events', 415, { 'Content-Type': 'text/csv' }, event],
  ['GET', '/events/names', 200],
  ['GET', '/events/names?category=c', 200],
  ['GET', '/events/names?category=', 400],
  ['GET', '/events/top', 200],
  ['GET', '/events/top?application=shop', 200],
  ['GET', '/events/top?by=data.a&unique=data.b&where=data.c:d&where=data.e:f&show=data.g,data.h&window=1h', 200],
  ['GET', '/events/top?by=data', 400],
  ['GET', '/events/top/stream?by=data', 400],
  ['GET', '/health/live', 200],
  ['GET', '/health/ready', 200],
  ['GET', '/health', 200],
  ['GET', '/metrics', 200],
  ['GET', '/openapi.json', 200],
  ['GET', '/docs', 200],
  ['GET', '/docs/start.js', 200],
  ['GET', '/docs/swagger-ui.css', 200],
  ['GET', '/docs/package.json', 404],
  ['GET', '/docs/..%2fpackage.json', 404],
  ['GET', '/', 200],
  ['GET', '/assets/nothing.js', 404],
  ['GET', '/nowhere', 404],
  ['PUT', '/nowhere', 404],
];

/** What is asked of a service with a key that may only read. */
const WITH_KEYS: readonly Request[] = [
  ['GET', '/health', 200],
  ['GET', '/docs', 200],
  ['GET', '/openapi.json', 200],
  ['GET', '/metrics', 401],
  ['GET', `/analytics?timestamp=${now}`, 401],
  ['POST', `/analytics?timestamp=${now}&user=ada&click`, 401],
  ['GET', '/events/top', 401],
  ['GET', '/events/top/stream', 401],
  ['GET', '/events/top', 200, { Authorization: 'Bearer desk-key' }],
  ['POST', '/events', 401, {}, event],
  ['POST', '/events', 403, { Authorization: 'Bearer desk-key' }, event],
  ['POST', `/analytics?timestamp=${now}&user=ada&click`, 403, { Authorization: 'Bearer desk-key' }],
  ['GET', `/analytics?timestamp=${now}`, 200, { Authorization: 'Bearer desk-key' }],
  ['GET', `/analytics?timestamp=${now}`, 200, { Authorization: 'Bearer own-key' }],
  ['GET', '/events/names', 200, { Authorization: 'Bearer own-key' }],
  ['GET', '/metrics', 403, { Authorization: 'Bearer own-key' }],
];

describe('The API documentation', () => {
  let open: TestApp;
  let withKeys: TestApp;
  let documentation: Documentation;

  before(async () => {
    open = await startTestApp({ maxBodyBytes: 200_000 });
    withKeys = await startTestApp({
      trust: {
        keys: [apiKey('desk-key', 'desk', 'read'), ownKey('own-key', 'desk', 'read')],
        networks: [],
        proxies: [],
      },
    });
    documentation = new Documentation((await (await fetch(`${open.url}/openapi.json`)).json()) as OpenApi);
  });
  after(async () => {
    await open.remove();
    await withKeys.remove();
  });

  for (const [name, requests] of Object.entries({ everyone: REQUESTS, keys: WITH_KEYS })) {
    for (const [method, path, status, headers = {}, body] of requests) {
      const shown = path.replaceAll(/\d{13}/g, 'N');
      it(`has the ${status} of ${method} ${shown}, its type and its body, when trusting ${name}`, async () => {
        const { url } = name === 'keys' ? withKeys : open;
        const answer = await fetch(`${url}${path}`, {
          method,
          headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
          ...(body === undefined ? {} : { body }),
        });
        expect(answer.status).to.equal(status);
        await documentation.expectDocumented(method, path, answer);
      });
    }
  }

  it('says which role an operation needs', () => {
    const { paths } = documentation.document;
    expect(paths['/analytics']?.['post']?.security).to.deep.equal([{ bearer: ['write'] }, { basic: ['write'] }]);
    expect(paths['/metrics']?.['get']?.security).to.deep.equal([{ bearer: ['read'] }, { basic: ['read'] }]);
    expect(paths['/health']?.['get']?.security).to.deep.equal([]);
  });

  it('has a page that loads nothing from another host, under a policy that would not let it', async () => {
    const answer = await fetch(`${open.url}/docs`);
    const policy = answer.headers.get('Content-Security-Policy') ?? '';
    expect(policy).to.contain("default-src 'none'").and.to.contain("script-src 'self'");
    expect(policy).not.to.match(/https?:|\*|unsafe-eval|upgrade-insecure/);
    expect(answer.headers.get('Strict-Transport-Security')).to.equal(null);
    const html = await answer.text();
    expect(html).not.to.match(/<script(?![^>]* src=)|<style| on\w+=|\bstyle=/i);
    const references = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, reference = '']) => reference);
    expect(references).to.have.length(4);
    for (const reference of references) {
      expect(reference).to.match(/^\/docs\//);
      const asset = await fetch(`${open.url}${reference}`);
      expect(asset.status, reference).to.equal(200);
      const text = await asset.text();
      if (reference.endsWith('.css')) {
        expect(text).not.to.match(/@import|url\(["']?(?!["']?data:)/);
      }
    }
    const start = await (await fetch(`${open.url}/docs/start.js`)).text();
    expect(start).to.contain("url: '/openapi.json'").and.to.contain('validatorUrl: null');
    expect(start).not.to.match(/https?:/);
  });
});
