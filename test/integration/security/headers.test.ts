import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const SHOP = 'https://shop.example';
/** Sends its head by itself, and not by way of Koa. */
const HOUR = '/analytics?timestamp=0';
/** Every question after the first is one too many. */
const NO_TIME = {
  longTurnMs: -1,
  longTurnRequests: 1,
  longTurns: 1,
  writeTurnMs: 0,
  readTurnMs: 0,
  calmMs: 60_000,
};

describe('Headers of answers', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp({ corsOrigins: [SHOP] });
  });
  after(async () => service.remove());

  const get = async (path: string, headers: Record<string, string> = {}) => fetch(`${service.url}${path}`, { headers });

  const preflight = async (origin: string) =>
    fetch(`${service.url}/analytics`, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization',
      },
    });

  it('give each request an id of its own, problems included', async () => {
    const ids = new Set<string | null>();
    for (const path of ['/health/live', HOUR, '/analytics', '/nowhere', '/docs']) {
      ids.add((await get(path)).headers.get('X-Request-Id'));
    }
    expect(ids.size).to.equal(5);
    for (const id of ids) expect(id).to.match(/^[0-9a-f-]{36}$/);
  });

  it('repeat the id that the request brought, if it is a sane one', async () => {
    for (const id of ['a', 'x'.repeat(128), '7f/+=:{}"']) {
      for (const path of ['/health/live', HOUR, '/nowhere']) {
        expect((await get(path, { 'X-Request-Id': id })).headers.get('X-Request-Id')).to.equal(id);
      }
    }
    for (const id of ['x'.repeat(129), 'two words', 'é', '']) {
      const answer = await get('/health/live', { 'X-Request-Id': id });
      expect(answer.headers.get('X-Request-Id')).to.match(/^[0-9a-f-]{36}$/);
    }
  });

  it('let nobody take data for a page, or put it into a frame', async () => {
    for (const path of ['/health/live', HOUR, '/analytics', '/nowhere', '/openapi.json', '/docs']) {
      const { headers } = await get(path);
      expect(headers.get('X-Content-Type-Options'), path).to.equal('nosniff');
      expect(headers.get('Content-Security-Policy'), path)
        .to.contain("default-src 'none'")
        .and.to.contain("frame-ancestors 'none'");
      expect(headers.get('Strict-Transport-Security'), path).to.equal(null);
      expect(headers.get('X-Powered-By'), path).to.equal(null);
    }
  });

  it('keep a page apart from those of others, and its address from them', async () => {
    for (const path of ['/', '/docs']) {
      const { headers } = await get(path);
      expect(headers.get('X-Frame-Options'), path).to.equal('DENY');
      expect(headers.get('Referrer-Policy'), path).to.equal('no-referrer');
      expect(headers.get('Cross-Origin-Opener-Policy'), path).to.equal('same-origin');
      expect(headers.get('Cross-Origin-Resource-Policy'), path).to.equal('same-origin');
    }
  });

  it('let the pages of a configured origin read answers, problems included', async () => {
    for (const path of ['/health/live', HOUR, '/analytics', '/nowhere']) {
      const { headers } = await get(path, { Origin: SHOP });
      expect(headers.get('Access-Control-Allow-Origin'), path).to.equal(SHOP);
      expect(headers.get('Access-Control-Expose-Headers')).to.equal('Retry-After,X-Request-Id');
      expect(headers.get('Access-Control-Allow-Credentials')).to.equal(null);
      expect(headers.get('Vary')).to.contain('Origin');
    }
  });

  it('answer the preflight of a configured origin', async () => {
    const { status, headers } = await preflight(SHOP);
    expect(status).to.equal(204);
    expect(headers.get('Access-Control-Allow-Origin')).to.equal(SHOP);
    expect(headers.get('Access-Control-Allow-Methods')).to.equal('GET,HEAD,POST');
    expect(headers.get('Access-Control-Allow-Headers')).to.equal('authorization');
    expect(headers.get('X-Request-Id')).not.to.equal(null);
  });

  it('allow no other origin anything', async () => {
    for (const origin of ['https://shop.example.evil', 'http://shop.example', 'https://shop.example:8443', 'null']) {
      for (const { headers } of [await get('/health/live', { Origin: origin }), await preflight(origin)]) {
        expect(headers.get('Access-Control-Allow-Origin'), origin).to.equal(null);
        expect(headers.get('Access-Control-Allow-Methods'), origin).to.equal(null);
      }
    }
  });
});

describe('Headers of refusals that are made before a request is looked at', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp({ corsOrigins: [SHOP], admission: NO_TIME });
    await (await fetch(`${service.url}${HOUR}`)).text();
  });
  after(async () => service.remove());

  const refused = async (origin: string) => {
    const answer = await fetch(`${service.url}${HOUR}`, { headers: { Origin: origin } });
    await answer.text();
    expect(answer.status).to.equal(503);
    return answer.headers;
  };

  it('let the pages of a configured origin read when to come back', async () => {
    const headers = await refused(SHOP);
    expect(headers.get('Access-Control-Allow-Origin')).to.equal(SHOP);
    expect(headers.get('Access-Control-Expose-Headers')).to.equal('Retry-After,X-Request-Id');
    expect(headers.get('Vary')).to.contain('Origin');
    expect(Number(headers.get('Retry-After'))).to.be.greaterThan(0);
  });

  it('allow no other origin anything', async () => {
    expect((await refused('https://shop.example.evil')).get('Access-Control-Allow-Origin')).to.equal(null);
  });
});

describe('Without CORS_ORIGINS', () => {
  it('answers name no origin', async () => {
    const service = await startTestApp();
    try {
      const { headers } = await fetch(`${service.url}/health/live`, { headers: { Origin: SHOP } });
      expect(headers.get('Access-Control-Allow-Origin')).to.equal(null);
      expect(headers.get('Vary')).to.equal(null);
    } finally {
      await service.remove();
    }
  });
});

describe('With CORS_ORIGINS=*', () => {
  it('answers allow every origin, and no credentials', async () => {
    const service = await startTestApp({ corsOrigins: ['*'] });
    try {
      const { headers } = await fetch(`${service.url}/health/live`, { headers: { Origin: SHOP } });
      expect(headers.get('Access-Control-Allow-Origin')).to.equal('*');
      expect(headers.get('Access-Control-Allow-Credentials')).to.equal(null);
    } finally {
      await service.remove();
    }
  });
});
