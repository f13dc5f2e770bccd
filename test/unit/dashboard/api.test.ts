import { expect } from 'chai';
import { ApiError } from '../../../dashboard/api/api-error.ts';
import { createApi } from '../../../dashboard/api/api.ts';
import { failure } from '../../support/http/outcome.ts';

const PROBLEM = {
  type: 'about:blank',
  title: 'Bad Request',
  status: 400,
  detail: 'from: received nothing, expected a time',
  errors: [{ path: 'from', message: 'received nothing, expected a time' }],
};

interface Asked {
  readonly path: string;
  readonly init: RequestInit;
}

/** An Api whose requests are answered by `answer`, with what it asked and the keys it reported as refused. */
function apiWith(answer: (init: RequestInit) => Promise<Response>, key?: string) {
  const asked: Asked[] = [];
  const refused: (string | undefined)[] = [];
  const api = createApi({
    fetch: async (path, init) => {
      asked.push({ path, init });
      return await answer(init);
    },
    key: () => key,
    onUnauthorized: (used) => refused.push(used),
    nowMs: () => 0,
  });
  return { api, asked, refused };
}

const json =
  (body: unknown, init: ResponseInit = {}) =>
  async () =>
    Response.json(body, init);
const signal = new AbortController().signal;

async function errorFrom(answer: (init: RequestInit) => Promise<Response>): Promise<ApiError> {
  const error = await failure(apiWith(answer).api.get('/x', { signal }));
  if (!(error instanceof ApiError)) throw error;
  return error;
}

describe('What the dashboard asks', () => {
  it('brings the key in a header, when there is one, and never in the address', async () => {
    const without = apiWith(json({}));
    await without.api.get('/events', { signal });
    expect(without.asked[0]?.init.headers).not.to.have.property('Authorization');
    const { api, asked } = apiWith(json({ events: [] }), 'k');
    expect(await api.get('/events', { signal })).to.deep.equal({ value: { events: [] }, ageMs: 0 });
    expect(asked[0]?.path).to.equal('/events');
    expect(asked[0]?.init.headers).to.include({ Authorization: 'Bearer k', Accept: 'application/json' });
    expect(asked[0]?.init.credentials).to.equal('omit');
  });

  it('knows how old an answer says it is', async () => {
    const { api } = apiWith(async () => new Response('{}', { headers: { Age: '34' } }));
    expect(await api.get('/analytics', { signal })).to.deep.equal({ value: {}, ageMs: 34_000 });
  });

  it('gives a problem as an error with its detail and its findings', async () => {
    const error = await errorFrom(json(PROBLEM, { status: 400 }));
    expect(error.kind).to.equal('invalid');
    expect(error.message).to.equal(PROBLEM.detail);
    expect(error.issues).to.deep.equal(PROBLEM.errors);
    expect(error.isTemporary).to.equal(false);
  });

  for (const [status, kind, isTemporary] of [
    [401, 'unauthorized', false],
    [403, 'forbidden', false],
    [404, 'invalid', false],
    [408, 'unavailable', true],
    [422, 'invalid', false],
    [429, 'unavailable', true],
    [500, 'unavailable', true],
    [503, 'unavailable', true],
  ] as const) {
    it(`takes ${status} for ${kind}, also when a proxy answers with something else than a problem`, async () => {
      const error = await errorFrom(async () => new Response('<h1>no</h1>', { status }));
      expect(error).to.include({ kind, isTemporary });
      expect(error.message).to.equal(`the service answered with status ${status}`);
    });
  }

  it('reads an answer as it is told, where JSON.parse would lose something', async () => {
    const { api } = apiWith(async () => new Response('{"n":1.0}'));
    expect(await api.get('/x', { signal, read: (text) => text })).to.have.property('value', '{"n":1.0}');
  });

  it('knows when the service wants to be asked again', async () => {
    const error = await errorFrom(json(PROBLEM, { status: 503, headers: { 'Retry-After': '7' } }));
    expect(error.retryAfterMs).to.equal(7_000);
  });

  it('reports the key that was refused, except one that is only tried', async () => {
    const { api, refused } = apiWith(json({}, { status: 401 }), 'kept');
    await failure(api.get('/x', { signal }));
    await failure(api.open('/x', { signal, accept: 'text/event-stream' }));
    await failure(api.get('/x', { signal, key: 'tried' }));
    expect(refused).to.deep.equal(['kept', 'kept']);
  });

  it('says so when nothing comes, or nothing that can be read', async () => {
    const offline = await errorFrom(async () => Promise.reject(new TypeError('fetch failed')));
    expect(offline).to.include({ kind: 'unreachable', message: 'the service cannot be reached' });
    const html = await errorFrom(async () => new Response('<h1>hello</h1>'));
    expect(html).to.include({ kind: 'unreachable', message: 'the service sent something that is not JSON' });
  });

  it('waits no longer than it is told', async () => {
    const { api } = apiWith(never);
    const error = await failure(api.get('/x', { signal, timeoutMs: 20 }));
    expect(error).to.be.instanceOf(ApiError).and.to.have.property('kind', 'unreachable');
  });

  it('rejects with the reason of whoever gave up', async () => {
    const controller = new AbortController();
    const asking = failure(apiWith(never).api.get('/x', { signal: controller.signal }));
    const reason = new Error('left the view');
    controller.abort(reason);
    expect(await asking).to.equal(reason);
  });

  it('follows the clock of the service when that of the reader is wrong', async () => {
    const minutesAhead = new Date(600_000).toUTCString();
    const { api } = apiWith(json({}, { headers: { Date: minutesAhead } }));
    expect(api.nowMs()).to.equal(0);
    await api.get('/x', { signal });
    expect(api.nowMs()).to.equal(600_000);
  });
});

/** Answers only by giving up. */
async function never({ signal }: RequestInit): Promise<Response> {
  return await new Promise((_, reject) => {
    // The timer keeps the process alive, as an open connection would.
    const timer = setTimeout(() => reject(new Error('expected to be given up')), 5_000);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
