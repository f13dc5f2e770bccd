import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { get as request, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { apiKey } from '../../support/http/api-keys.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

/** Needs `npm run build`: tsc alone does not bundle the page. */
describe('The dashboard', () => {
  let service: TestApp;
  let html: string;
  let assets: readonly string[];

  before(async () => {
    // With a key that nobody brings: the page and its files are for anyone.
    service = await startTestApp({
      trust: { keys: [apiKey('k', 'desk', 'read')], networks: [], proxies: [] },
    });
    html = await (await fetch(`${service.url}/`)).text();
    assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]*)"/g)].map(([, path = '']) => path);
  });
  after(async () => service.remove());

  it('is at / under a policy that lets it load nothing from another host and run nothing inline', async () => {
    const answer = await fetch(`${service.url}/`);
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('Content-Type')).to.equal('text/html; charset=utf-8');
    const policy = answer.headers.get('Content-Security-Policy') ?? '';
    for (const directive of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"]) {
      expect(policy.split(';'), directive).to.include(directive);
    }
    expect(policy).not.to.match(/https?:|\*|unsafe/);
    expect(html).not.to.match(/<script(?![^>]* src=)|<style| on\w+=|\bstyle=/i);
  });

  it('names a script, a style sheet and an icon, and finds all of them here', async () => {
    expect(assets).to.have.length(3);
    const references = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path = '']) => path);
    for (const reference of references) {
      expect(reference).to.match(/^\/[^/]/);
      expect((await fetch(`${service.url}${reference}`)).status, reference).to.equal(200);
    }
    for (const asset of assets) {
      const text = await (await fetch(`${service.url}${asset}`)).text();
      expect(text, asset).not.to.match(/sourceMappingURL|@import|url\(["']?(?!["']?data:)/);
      const hosts = [...text.matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host = '']) => host);
      // The names of XML dialects look like addresses; nothing is at them. A path is read as one of a host called `here`.
      expect(
        hosts.filter((host) => host !== 'www.w3.org' && host !== 'here'),
        asset,
      ).to.deep.equal([]);
    }
  });

  it('is asked for anew each time, and its files never again', async () => {
    expect((await received('/', {})).cacheControl).to.equal('no-cache');
    for (const path of ['/', ...assets]) {
      const first = await received(path, { 'Accept-Encoding': 'br' });
      if (path !== '/') {
        expect(first.cacheControl).to.equal('public, max-age=31536000, immutable');
        expect(path).to.match(/-[0-9A-Z]{8}\.\w+$/);
      }
      const again = await received(path, { 'Accept-Encoding': 'br', 'If-None-Match': first.etag ?? '' });
      expect(again.status, path).to.equal(304);
      expect(again.body.length).to.equal(0);
    }
  });

  it('comes compressed as the browser can take it', async () => {
    for (const path of ['/', ...assets]) {
      const plain = await received(path, { 'Accept-Encoding': 'identity' });
      const gzip = await received(path, { 'Accept-Encoding': 'gzip' });
      const brotli = await received(path, { 'Accept-Encoding': 'gzip, deflate, br' });
      expect([plain.encoding, gzip.encoding, brotli.encoding], path).to.deep.equal([undefined, 'gzip', 'br']);
      expect(gunzipSync(gzip.body).equals(plain.body)).to.equal(true);
      expect(brotliDecompressSync(brotli.body).equals(plain.body)).to.equal(true);
      expect(new Set([plain, gzip, brotli].map(({ etag }) => etag)).size).to.equal(3);
      for (const { vary } of [plain, gzip, brotli]) expect(vary).to.equal('Accept-Encoding');
    }
  });

  it('has less than 100 kB of compressed JavaScript', async () => {
    const scripts = assets.filter((path) => path.endsWith('.js'));
    const sizes = await Promise.all(
      scripts.map(async (path) => (await received(path, { 'Accept-Encoding': 'gzip' })).body.length),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.within(1, 100_000);
  });

  it('gives no other file', async () => {
    for (const name of ['index.html', 'nothing.js', '..%2fserver%2fmain.js', `${assets[0]?.slice(8)}.gz`]) {
      expect((await fetch(`${service.url}/assets/${name}`)).status, name).to.equal(404);
    }
  });

  /** With the body as it came, and without what fetch adds to conditional requests. */
  async function received(path: string, headers: Record<string, string>) {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${service.url}${path}`, { headers }, resolve).on('error', reject);
    });
    const { 'content-encoding': encoding, 'cache-control': cacheControl, etag, vary } = response.headers;
    return { status: response.statusCode, encoding, cacheControl, etag, vary, body: await buffer(response) };
  }
});
