import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { MAX_NAME_CHARACTERS } from '../../../server/events/event.ts';
import type { Operation } from '../../../server/http/operation/operation.ts';
import { readsOf } from '../../../server/http/routes/reads.ts';
import { createHttpApp, operations, type HttpDependencies } from '../../../server/http/routes.ts';
import { noCounts } from '../../../server/queries/hourly/hour-counter.ts';
import { apiKey, ownKey } from '../../support/http/api-keys.ts';
import { httpDependencies } from '../../support/server/http-dependencies.ts';
import { whileServing } from '../../support/server/serve.ts';
import { waiting } from '../../support/waiting.ts';

const NOW_MS = 1_709_247_600_000;
const KEYS = [ownKey('shop-key', 'shop', 'read'), apiKey('desk-key', 'desk', 'read')];

/** What a question must be asked with; without these, a route asks nothing. */
const PARAMETERS = new Map([
  ['/analytics', `timestamp=${NOW_MS}`],
  ['/analytics/hours', `from=${NOW_MS}&to=${NOW_MS + 1}`],
  ['/events/funnel', 'step=a&step=b'],
  ['/events/retention', 'first=a'],
]);

interface Asked {
  readonly application?: string | undefined;
}

/** A service that notes of each question whose events it is about, and of each feed its key. */
function noting() {
  const asked: (string | undefined)[] = [];
  const keys: string[] = [];
  const note =
    <R>(answer: R) =>
    async (question?: Asked): Promise<R> => {
      asked.push(question?.application);
      return answer;
    };
  const top = note([]);
  const dependencies: HttpDependencies = {
    ...httpDependencies,
    nowMs: () => NOW_MS,
    trust: { keys: KEYS, networks: [], proxies: [] },
    scrape: async () => 'metrics',
    hourly: {
      hour: async (hour, options) => note({ counts: noCounts(hour), readMs: NOW_MS })(options),
      hours: async (hours, options) => note(hours.map(noCounts))(options),
    },
    questions: {
      events: note({ events: [], nextCursor: null }),
      rejected: note({ rejected: [], nextCursor: null }),
      rejectedSummary: note({ total: 0, groups: [] }),
      categories: note([]),
      names: note([]),
      top,
      liveTop: () => top,
      series: note({ startsMs: [], series: [] }),
      funnel: note([]),
      retention: note([]),
    },
    exports: async function* ({ application }) {
      asked.push(application);
      yield Buffer.from('');
    },
    live: {
      join: (question, { open }) => {
        keys.push(question.key);
        const response = open();
        question.answer(waiting).then(
          () => response.end(),
          () => response.destroy(),
        );
      },
    },
  };
  return { dependencies, asked, keys };
}

function request(scope?: string) {
  return { state: { caller: scope === undefined ? {} : { scope } }, req: { socket: new PassThrough() } };
}

type Get = (operation: Operation, key: string, query?: string) => Promise<Response>;

async function whileNoting(run: (get: Get, noted: ReturnType<typeof noting>) => Promise<void>) {
  const noted = noting();
  await whileServing(createHttpApp(noted.dependencies).callback(), async (url) => {
    const get: Get = async ({ path }, key, query = '') => {
      const parameters = `${PARAMETERS.get(path) ?? ''}&${query}`;
      const headers = { Authorization: `Bearer ${key}` };
      const answer = await fetch(`${url}${path.replaceAll(/:\w+/g, 'x')}?${parameters}`, { headers });
      return new Response(await answer.text(), answer);
    };
    await run(get, noted);
  });
}

const declared = operations(httpDependencies);
const questions = declared.filter(({ access }) => access === 'scoped read');

describe('A key that reads its own events alone', () => {
  it('asks every question of its own application, whatever the question', async () => {
    expect(questions.map(({ path }) => path)).to.include.members([
      '/analytics',
      '/analytics/hours',
      '/events',
      '/events/names',
      '/events/export',
      '/events/funnel',
      '/events/rejected',
      '/events/retention',
      '/events/series',
      '/events/top',
      '/events/top/stream',
      '/categories',
      '/categories/:category',
      '/sessions/:session_id',
      '/users/:user',
    ]);
    await whileNoting(async (get, { asked }) => {
      for (const operation of questions) {
        const takesApplication = 'application' in (operation.query?.properties ?? {});
        for (const query of takesApplication ? ['', 'application=shop'] : ['']) {
          expect((await get(operation, 'shop-key', query)).status, operation.path).to.equal(200);
          expect(asked.splice(0), `${operation.path}?${query}`).to.deep.equal(['shop']);
        }
      }
    });
  });

  it('asks for another application by a name that nobody can have', async () => {
    await whileNoting(async (get, { asked }) => {
      const filtered = questions.filter(({ query }) => 'application' in (query?.properties ?? {}));
      expect(filtered.length).to.be.at.least(7);
      for (const operation of filtered) {
        for (const query of ['application=desk', 'application=']) {
          const answer = await get(operation, 'shop-key', query);
          expect(answer.status, operation.path).to.equal(200);
          expect(await answer.text(), operation.path).not.to.contain('desk');
          const lengths = asked.splice(0).map((application = '') => application.length);
          expect(lengths, operation.path).to.have.lengthOf(1);
          expect(lengths[0], operation.path).to.be.above(MAX_NAME_CHARACTERS);
        }
      }
    });
  });

  it('may ask nothing that tells of all applications', async () => {
    const others = declared.filter(({ access }) => access === 'read');
    expect(others.map(({ path }) => path)).to.deep.equal(['/metrics']);
    await whileNoting(async (get) => {
      for (const operation of others) {
        const answer = await get(operation, 'shop-key');
        expect(answer.status).to.equal(403);
        expect(await answer.json()).to.have.property(
          'detail',
          'received the key of shop, which reads its own events alone, expected one that reads all',
        );
        expect((await get(operation, 'desk-key')).status).to.equal(200);
      }
    });
  });

  it('is not told what another key is told: other keys read every application, or the one they name', async () => {
    await whileNoting(async (get, { asked }) => {
      for (const operation of questions) {
        expect((await get(operation, 'desk-key')).status, operation.path).to.equal(200);
        expect(asked.splice(0), operation.path).to.deep.equal([undefined]);
        if (!('application' in (operation.query?.properties ?? {}))) continue;
        await get(operation, 'desk-key', 'application=shop');
        expect(asked.splice(0), operation.path).to.deep.equal(['shop']);
      }
    });
  });

  it('shares no feed with a key that reads other events, whatever its application is called', () => {
    const { dependencies, keys } = noting();
    const of = readsOf(dependencies);
    const question = {
      key: '{"by":"name"}',
      answer: async () => ({ event: 'top' as const, generatedAt: '', json: '' }),
      problem: () => ({ event: 'problem' as const, generatedAt: '', json: '' }),
    };
    const joining = { format: 'sse' as const, requestId: 'r', open: () => new PassThrough() };
    const scopes = ['shop', 'bank', '', 'shop","{"', '{"by":"name"}'];
    for (const scope of scopes) of(request(scope)).join(question, joining);
    of(request()).join(question, joining);
    expect(new Set(keys).size).to.equal(scopes.length + 1);
    of(request('shop')).join(question, joining);
    of(request()).join(question, joining);
    expect(new Set(keys).size).to.equal(scopes.length + 1);
  });
});
