import { expect } from 'chai';
import { gzipSync } from 'node:zlib';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventText } from '../../support/http/events-api.ts';
import { eventually } from '../../support/http/outcome.ts';
import { sendRaw, statusesIn } from '../../support/http/raw-http.ts';
import { storedUsers } from '../../support/clickhouse/stored.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const CLICK = (user: string) => `POST /analytics?timestamp=1&user=${user}&click HTTP/1.1\r\nHost: localhost\r\n`;
/** What an attacker hopes that a proxy takes for a body, and this server for a request. */
const smuggled = (name: string) => `${CLICK(`smuggled-behind-${name.replaceAll(' ', '-')}`)}Content-Length: 0\r\n\r\n`;
const SMUGGLED = smuggled('x');

/** Requests of which a proxy and a server could disagree where they end; what follows them must never be run. */
const AMBIGUOUS: readonly (readonly [name: string, request: string, status?: number])[] = [
  [
    'Content-Length and Transfer-Encoding',
    `${CLICK('x')}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    'Transfer-Encoding and Content-Length',
    `${CLICK('x')}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n`,
  ],
  ['two different Content-Lengths', `${CLICK('x')}Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n`],
  ['two equal Content-Lengths', `${CLICK('x')}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`],
  ['a list of Content-Lengths', `${CLICK('x')}Content-Length: 0, 0\r\n\r\n`],
  ['a negative Content-Length', `${CLICK('x')}Content-Length: -1\r\n\r\n`],
  ['a signed Content-Length', `${CLICK('x')}Content-Length: +0\r\n\r\n`],
  ['a hexadecimal Content-Length', `${CLICK('x')}Content-Length: 0x0\r\n\r\n`],
  ['an endless Content-Length', `${CLICK('x')}Content-Length: 99999999999999999999999\r\n\r\n`],
  ['an unknown Transfer-Encoding', `${CLICK('x')}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ['chunked that is not last', `${CLICK('x')}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ['two Transfer-Encodings', `${CLICK('x')}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
  ['a space in front of a colon', `${CLICK('x')}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
  ['a folded header', `${CLICK('x')}Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n`],
  ['a bare LF behind a header', `${CLICK('x')}Content-Length: 0\nX: y\r\n\r\n`],
  ['a bare CR in a header', `${CLICK('x')}X: a\rContent-Length: 5\r\n\r\n`],
  ['a NUL in a header', `${CLICK('x')}X: a\0b\r\n\r\n`],
  ['a chunk size with a sign', `${CLICK('x')}Transfer-Encoding: chunked\r\n\r\n-0\r\n\r\n`],
  ['a chunk size in 0x', `${CLICK('x')}Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n`],
  ['a chunk size beyond 64 bits', `${CLICK('x')}Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n`],
  ['a chunk that is longer than it says', `${CLICK('x')}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n`],
  ['a bare LF behind a chunk size', `${CLICK('x')}Transfer-Encoding: chunked\r\n\r\n0\n\r\n`],
  ['Connection: close', `${CLICK('x')}Connection: close\r\nContent-Length: 0\r\n\r\n`, 204],
  ['no Host', 'POST /analytics?timestamp=1&user=x&click HTTP/1.1\r\n\r\n'],
  ['an Expect that is not 100-continue', `${CLICK('x')}Expect: 100-c/../\r\n\r\n`, 417],
  ['a method that is not one', 'POSTT /analytics?timestamp=1&user=x&click HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['a line break in the path', 'POST /analytics?timestamp=1&user=x\n&click HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['another version', 'POST /analytics?timestamp=1&user=x&click HTTP/9.9\r\nHost: localhost\r\n\r\n'],
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
];

const HOST = 'Host: localhost\r\n';

/** Requests of which nobody can say what they are about. */
const MISADDRESSED: readonly (readonly [name: string, head: string | Buffer, status?: number])[] = [
  ...['http://[::1', 'http://%/', 'http://a[b/', 'foo://[/', 'nothing', 'http:///x', 'http://a:b@c/', '*'].flatMap(
    (target) =>
      ['GET', 'POST', 'PATCH'].map(
        (method) => [`${method} ${target}`, `${method} ${target} HTTP/1.1\r\n${HOST}`] as const,
      ),
  ),
  ['OPTIONS http://[::1', `OPTIONS http://[::1 HTTP/1.1\r\n${HOST}`],
  ['two Host headers', `GET /health/live HTTP/1.1\r\n${HOST}${HOST}`],
  ['two different Host headers', `GET /health/live HTTP/1.1\r\n${HOST}host: evil.example\r\n`],
  ['a Host that is none', 'GET /health/live HTTP/1.1\r\nHost: a b\r\n'],
  ['a Host with a path', 'GET /health/live HTTP/1.1\r\nHost: a/b\r\n'],
  ['HTTP/2.0', `GET /health/live HTTP/2.0\r\n${HOST}`],
  ['a target that is not ASCII', Buffer.from(`GET /health/live?x=\xff HTTP/1.1\r\n${HOST}\r\n`, 'latin1')],
  ['CONNECT', `CONNECT localhost:80 HTTP/1.1\r\n${HOST}`, 405],
  ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${HOST}`, 404],
  ['a query that is not UTF-8', `GET /events?session_id=%E0%A4%A HTTP/1.1\r\n${HOST}`],
  ['a path that is not UTF-8', `GET /sessions/%E0%A4%A HTTP/1.1\r\n${HOST}`],
  ['a host of somebody else', 'GET /health/live HTTP/1.1\r\nHost: evil.example\r\n', 403],
  ['a target at somebody else', `GET http://evil.example/events HTTP/1.1\r\n${HOST}`, 403],
  ['a page of somebody else', `POST /events HTTP/1.1\r\n${HOST}Origin: https://evil.example\r\n`, 403],
  ['a page of nobody', `POST /events HTTP/1.1\r\n${HOST}Origin: null\r\n`, 403],
  ['a health check that is none', `GET /healthXYZ HTTP/1.1\r\n${HOST}`, 404],
];

describe('The HTTP parser', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp({ requestTimeoutMs: 3000 });
  });
  after(async () => service.remove());

  const refusals = async (status: number) => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    const counts = metrics.matchAll(/^clickhour_http_request_seconds_count\{([^}]*)\} (\d+)$/gm);
    const those = [...counts].filter(([, labels = '']) => labels.includes(`status="${status}"`));
    return those.reduce((sum, [, , count]) => sum + Number(count), 0);
  };

  for (const [name, request, status = 400] of AMBIGUOUS) {
    it(`answers ${name} with ${status}, ends the connection, and runs nothing of what follows`, async () => {
      const received = await sendRaw(service.url, [request + smuggled(name), smuggled(name)]);
      expect(statusesIn(received).at(-1), received).to.equal(status);
      expect(statusesIn(received), received).to.have.length.within(1, 2);
      expect(received).to.match(/\r\nConnection: close\r\n/);
      if (status >= 400) expect(received).to.match(/\r\nContent-Type: application\/problem\+json\r\n/);
    });
  }

  for (const [name, head, status = 400] of MISADDRESSED) {
    it(`answers ${name} with ${status}, and counts it`, async () => {
      const before = await refusals(status);
      const received = await sendRaw(service.url, [typeof head === 'string' ? `${head}\r\n` : head]);
      expect(statusesIn(received), received).to.deep.equal([status]);
      expect(received).to.match(/\r\nContent-Type: application\/problem\+json\r\n/);
      expect(received).to.match(/\r\nX-Request-Id: /);
      expect(await refusals(status)).to.equal(before + 1);
    });
  }

  it('takes a target with a host in it, as proxies send it', async () => {
    for (const target of [`${service.url}/health/live`, 'http://localhost?x=1']) {
      const received = await sendRaw(service.url, [`GET ${target} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`]);
      expect(statusesIn(received), target).to.deep.equal([200]);
    }
  });

  it('answers with problems, like everything else', async () => {
    const received = await sendRaw(service.url, ['GET / HTTP/1.1\r\n: a\r\n\r\n']);
    const [head = '', body = ''] = received.split('\r\n\r\n');
    expect(head).to.match(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json\r\n/);
    expect(head).to.match(/\r\nX-Request-Id: /);
    expect(JSON.parse(body)).to.deep.equal({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: 'received what is not a request of HTTP/1.1',
    });
  });

  for (const isGzip of [true, false]) {
    it(`answers a body that breaks while it is not read any further at the moment${isGzip ? ', gzip' : ''}`, async () => {
      const lines = Buffer.from('{"name":"x"}\n'.repeat(50_000));
      // Without compression, so that one piece of it keeps the decompressor busy.
      const piece = (isGzip ? gzipSync(lines, { level: 0 }) : lines).subarray(0, 60_000);
      const headers = `Content-Type: application/x-ndjson\r\n${isGzip ? 'Content-Encoding: gzip\r\n' : ''}`;
      const head = `POST /events HTTP/1.1\r\n${HOST}${headers}Transfer-Encoding: chunked\r\n\r\n`;
      const sent = [Buffer.from(`${head}${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\nno size\r\n')];
      const received = await sendRaw(service.url, [Buffer.concat(sent)]);
      expect(statusesIn(received), received).to.deep.equal([400]);
    });
  }

  it('repeats the id of a request that it refuses before anybody looks at it', async () => {
    const received = await sendRaw(service.url, [`${CLICK('x')}X-Request-Id: refused-1\r\nExpect: 100-c/../\r\n\r\n`]);
    expect(statusesIn(received)).to.deep.equal([417]);
    expect(received).to.match(/\r\nX-Request-Id: refused-1\r\n/);
  });

  it('answers the requests in front of a broken one first, each with its own answer', async () => {
    const received = await sendRaw(service.url, [
      `${CLICK('before-1')}\r\n${CLICK('before-2')}\r\n${CLICK('broken')}Content-Length: x\r\n\r\n${SMUGGLED}`,
    ]);
    expect(statusesIn(received)).to.deep.equal([204, 204, 400]);
  });

  it('answers 431 to headers that have no end', async () => {
    const received = await sendRaw(service.url, [`${CLICK('x')}X: ${'a'.repeat(100_000)}\r\n\r\n`]);
    expect(statusesIn(received)).to.deep.equal([431]);
    const many = Array.from({ length: 5000 }, (_, i) => `X-${i}: 1\r\n`).join('');
    expect(statusesIn(await sendRaw(service.url, [CLICK('x') + many]))).to.deep.equal([431]);
  });

  it('answers 408 to a request that takes for ever, head or body, however busy it looks', async function () {
    this.timeout(20_000);
    const head = `GET /health/live HTTP/1.1\r\nHost: localhost\r\n${'X: y\r\n'.repeat(100)}`;
    const body = `POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n`;
    const answers = await Promise.all([
      sendRaw(service.url, Array.from(head), 6000),
      sendRaw(service.url, [body, ...Array.from('x'.repeat(400))], 6000),
    ]);
    for (const received of answers) expect(statusesIn(received), received).to.deep.equal([408]);
  });

  it('unpacks no more of a gzip bomb than a body may have', async () => {
    // With the usual time for a request: on a busy machine, 3 s pass before all of a bomb is there.
    const patient = await startTestApp({});
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, ' '));
    const before = process.memoryUsage().rss;
    const answers = await Promise.all(
      Array.from({ length: 5 }, async () =>
        fetch(`${patient.url}/events`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
          body: bomb,
        }),
      ),
    );
    await patient.remove();
    for (const { status } of answers) expect(status).to.be.oneOf([413, 503]);
    expect(process.memoryUsage().rss - before).to.be.lessThan(500 * 1024 * 1024);
  });

  it('has stored nothing but what was acknowledged', async () => {
    const answer = await fetch(`${service.url}/analytics?timestamp=1&user=last&click`, { method: 'POST' });
    expect(answer.status).to.equal(204);
    await eventually(async () => {
      const users = [...(await storedUsers(testEndpoint(), service.database)).keys()];
      expect(users.filter((user) => user.startsWith('smuggled'))).to.deep.equal([]);
      expect(users).to.include('last');
      // `x` is a request that was whole in itself, with a broken body behind it that nobody reads.
      expect(users.filter((user) => user !== 'x')).to.have.members(['before-1', 'before-2', 'last']);
    });
  });

  it('never gives stored text a type that a browser runs', async () => {
    const script = '<script>alert(1)</script>';
    const posted = await fetch(`${service.url}/events`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: eventText({ session_id: script, category: script, name: script, data: { [script]: script } }),
    });
    expect(posted.status).to.equal(202);
    const text = encodeURIComponent(script);
    const paths = [
      '/events',
      `/sessions/${text}`,
      '/categories',
      `/categories/${text}`,
      '/events/top',
      '/events/rejected',
    ];
    await eventually(async () => {
      for (const path of paths) {
        const answer = await fetch(`${service.url}${path}`, { headers: { Accept: 'text/html' } });
        const body = await answer.text();
        if (path !== '/events/rejected') expect(body, path).to.contain('script>alert');
        expect(answer.headers.get('Content-Type'), path).to.match(/^application\/json/);
        expect(answer.headers.get('X-Content-Type-Options'), path).to.equal('nosniff');
        expect(answer.headers.get('Content-Security-Policy'), path).to.contain("default-src 'none'");
      }
    });
    for (const path of [`/${script}`, `/events?limit=${script}`, `/docs/${text}`]) {
      const answer = await fetch(`${service.url}${path}`, { headers: { Accept: 'text/html' } });
      expect(answer.headers.get('Content-Type'), path).to.equal('application/problem+json');
    }
  });
});
