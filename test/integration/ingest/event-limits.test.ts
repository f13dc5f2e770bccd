import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { defaults } from '../../../server/config/config.ts';
import { MAX_KEPT_PER_BODY } from '../../../server/events/rejection.ts';
import { eventText, NDJSON, postChunks, postEvents } from '../../support/http/events-api.ts';
import { failure } from '../../support/http/outcome.ts';
import { expectStored, storedEvents, storedRejections } from '../../support/clickhouse/stored-events.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

function expectTryLater({ status, headers, body }: Awaited<ReturnType<typeof postEvents>>, detail: RegExp): void {
  expect(status).to.equal(503);
  expect(headers.get('retry-after')).to.match(/^\d+$/);
  expect(body.detail).to.match(detail);
}

/** Nothing leaves its journal, in which rejected events may take 100,000 bytes. */
async function startWithoutClickHouse(): Promise<TestApp> {
  const nobody = { username: 'default', password: '' };
  return await startTestApp({
    clickhouse: {
      urls: ['http://127.0.0.1:9'],
      cluster: undefined,
      isEmbedded: false,
      admin: nobody,
      ingest: nobody,
      query: nobody,
      analyst: nobody,
    },
    database: 'test_nowhere',
    journal: { ...defaults.journal, maxBytes: 1_000_000, batchMaxWaitMs: 20 },
  });
}

describe('Limits of POST /events', () => {
  it('answers 503 while too many bytes of bodies are being read, and goes on after', async () => {
    const service = await startTestApp({ bodiesMaxBytes: 2000 });
    try {
      const line = eventText({ name: 'budget' });
      const many = `${line}\n`.repeat(50);
      expectTryLater(
        await postEvents(service.url, many, NDJSON),
        /bytes of bodies are being read, at most 2000 may be$/,
      );
      for (let i = 0; i < 30; i += 1) expect((await postEvents(service.url, line)).status).to.equal(202);
      await expectStored(service.database, 'budget', 30);
    } finally {
      await service.remove();
    }
  });

  it('answers 503 without reading the body when the journal takes no more', async () => {
    const service = await startTestApp({ journal: { ...defaults.journal, maxBytes: 1000 } });
    try {
      const endless = (function* () {
        for (;;) yield Buffer.alloc(64 * 1024, ' ');
      })();
      let chunks = 0;
      const counted = (async function* () {
        for (const chunk of endless) {
          chunks += 1;
          if (chunks > 1000) return;
          yield chunk;
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      expect((await postChunks(service.url, counted)).status).to.equal(503);
    } finally {
      await service.remove();
    }
  });

  it('keeps room in the journal for good events when rubbish fills its share', async () => {
    const service = await startWithoutClickHouse();
    try {
      const rubbish = '{"x":1}\n'.repeat(200);
      const good = eventText();
      let answer = await postEvents(service.url, rubbish, NDJSON);
      for (let i = 0; isKept(answer) && i < 20; i += 1) answer = await postEvents(service.url, rubbish, NDJSON);
      expect([answer.status, isKept(answer)]).to.deep.equal([400, false]);
      const mixed = await postEvents(service.url, `${good}\n${rubbish}`, NDJSON);
      expect([mixed.status, mixed.body.accepted, isKept(mixed)]).to.deep.equal([202, 1, false]);
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      expect(metrics).to.match(/^clickhour_rejections_not_kept_total 400$/m);
      const malformed = await postEvents(service.url, `[${'x'.repeat(20_000)}`);
      expect(malformed.status).to.equal(400);
      expect((await postEvents(service.url, good)).status).to.equal(202);
    } finally {
      await service.remove();
    }
  });

  it('tells clients of Segment and PostHog to send again what is rejected and finds no room, unless it never would', async () => {
    const service = await startWithoutClickHouse();
    const post = async (path: string, messages: readonly object[]) => {
      const answer = await fetch(`${service.url}${path}`, { method: 'POST', body: JSON.stringify(messages) });
      return [answer.status, answer.headers.get('Retry-After'), await answer.text()] as const;
    };
    const rejected = Array.from({ length: 200 }, () => ({ x: 1 }));
    const accepted = { event: 'good', type: 'track', userId: 'u', distinct_id: 'u', messageId: 'm', uuid: 'm' };
    try {
      expect((await post('/v1/batch', Array(10).fill(rejected).flat())).slice(0, 2)).to.deep.equal([200, null]);
      let answer = await post('/v1/batch', rejected);
      for (let i = 0; answer[0] === 200 && i < 20; i += 1) answer = await post('/v1/batch', rejected);
      expect(answer[0]).to.equal(429);
      for (const [path, pressure] of [
        ['/v1/batch', 429],
        ['/batch', 503],
      ] as const) {
        const [status, retryAfter, text] = await post(path, [...rejected, accepted]);
        expect([status, Number(retryAfter) > 0], path).to.deep.equal([pressure, true]);
        expect(text).to.contain('The rejected events of this body were not kept, the others are stored: ');
        expect((await post(path, [accepted]))[0]).to.equal(200);
      }
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      expect(metrics).to.match(/^clickhour_events_accepted_total 4$/m);
    } finally {
      await service.remove();
    }
  });

  it('lets other requests in while it judges a body of very many events', async () => {
    const service = await startTestApp();
    try {
      const judged = new AbortController();
      const many = postEvents(service.url, `[${'{},'.repeat(100_000)}{}]`).finally(() => judged.abort());
      let answers = 0;
      for (; !judged.signal.aborted; answers += 1) await fetch(`${service.url}/health/live`);
      expect((await many).status).to.equal(400);
      // In one turn there would be hardly any answer between.
      expect(answers).to.be.greaterThan(10);
    } finally {
      await service.remove();
    }
  });

  it('takes as many events in a body as a sixty-fourth of its greatest number of bytes, and says so of more', async () => {
    const service = await startTestApp({ maxBodyBytes: 6400 });
    try {
      const { status, body } = await postEvents(service.url, '{}\n'.repeat(101), NDJSON);
      expect(status).to.equal(413);
      expect(JSON.stringify(body)).to.contain('received more than 100 events, expected at most that');
    } finally {
      await service.remove();
    }
  });

  it('answers 413, and not 503 for ever, when the rows of a body are more than the journal takes at once', async () => {
    const service = await startTestApp({
      journal: { ...defaults.journal, batchMaxWaitMs: 20, pendingMaxBytes: 100_000 },
    });
    try {
      const lists = Object.fromEntries(Array.from({ length: 14 }, (_, i) => [String.fromCodePoint(97 + i), []]));
      const lines = (count: number) =>
        `${eventText({ name: 'grown', data: { ['p'.repeat(64)]: lists } })}\n`.repeat(count);
      const large = await postEvents(service.url, lines(100), NDJSON);
      expect(large.status).to.equal(413);
      expect(large.body.detail).to.contain('received events that take more than 100000 bytes as rows of the journal');
      const message = { type: 'track', event: 'grown', userId: 'u' };
      const batch = JSON.stringify({ batch: Array.from({ length: 1000 }, () => message) });
      expect((await fetch(`${service.url}/v1/batch`, { method: 'POST', body: batch })).status).to.equal(413);
      expect((await postEvents(service.url, lines(50), NDJSON)).body.accepted).to.equal(50);
      await expectStored(service.database, 'grown', 50);
      const reasons = (await storedRejections(service.database)).map(({ reason }) => reason);
      expect(reasons).to.deep.equal(['too_large', 'too_large']);
    } finally {
      await service.remove();
    }
  });

  it('takes ids of 1 to 256 characters, and no others', async () => {
    const service = await startTestApp();
    try {
      const ids = ['1', '👩'.repeat(256)];
      const lines = [...ids, '', 'x'.repeat(257)].map((event_id) => eventText({ name: 'ids', event_id }));
      const { status, body } = await postEvents(service.url, lines.join('\n'), NDJSON);
      expect([status, body.accepted]).to.deep.equal([202, 2]);
      expect(body.rejected?.map(({ index, errors }) => [index, errors[0]?.path])).to.deep.equal([
        [2, 'event_id'],
        [3, 'event_id'],
      ]);
      await expectStored(service.database, 'ids', 2);
      const stored = await storedEvents(service.database, `name = 'ids'`);
      expect(stored.map(({ event_id }) => event_id)).to.have.members(ids);
    } finally {
      await service.remove();
    }
  });

  it('lists what was rejected of a body up to a limit, and counts the rest', async () => {
    const service = await startTestApp();
    try {
      const { status, body } = await postEvents(
        service.url,
        `${eventText({ name: 'one' })}\n${'0\n'.repeat(25_000)}`,
        NDJSON,
      );
      expect(status).to.equal(202);
      expect(body.accepted).to.equal(1);
      expect(body.rejected).to.have.length(20_000);
      expect(body.rejected_omitted).to.equal(5_000);
      await expectStored(service.database, 'one', 1);
      expect(await storedEvents(service.database, `name != 'one'`)).to.deep.equal([]);
      expect(MAX_KEPT_PER_BODY).to.be.below(20_000);
    } finally {
      await service.remove();
    }
  });

  it('lists as many rejected events as an answer of some megabytes holds, and counts the others', async () => {
    const service = await startTestApp();
    try {
      const members = Array.from({ length: 10 }, (_, i) => `"${i}${'\\u0001'.repeat(255)}":0`);
      const lines = `{${members.join(',')}}\n`.repeat(600);
      const body = gzipSync(lines);
      expect(body.length).to.be.below(100_000);
      const answer = await postEvents(service.url, body, { ...NDJSON, 'Content-Encoding': 'gzip' });
      const { rejected = [], rejected_omitted: omitted = 0 } = answer.body;
      expect(rejected.length).to.be.greaterThan(50);
      expect(rejected.map(({ index }) => index)).to.deep.equal(rejected.map((_, index) => index));
      expect(rejected.length + omitted).to.equal(600);
      expect(JSON.stringify(answer.body).length).to.be.below(3 * 1024 * 1024);
    } finally {
      await service.remove();
    }
  });

  it('does not start with a broken schema, and names its file', async () => {
    const directory = await tempDir();
    try {
      await mkdir(path.join(directory.path, 'page'));
      await writeFile(path.join(directory.path, 'page', 'view.json'), '{"type":"objekt"}');
      const error = await failure(startTestApp({ schemasDir: directory.path }));
      expect(String(error))
        .to.contain(path.join(directory.path, 'page', 'view.json'))
        .and.contain('JSON Schema');
    } finally {
      await directory.remove();
    }
  });
});

/** Whether no rejection of an answer says that it is not kept. */
function isKept({ body }: Awaited<ReturnType<typeof postEvents>>): boolean {
  const errors = (body.rejected ?? []).flatMap((rejected) => rejected.errors);
  return !errors.some(({ message }) => message.endsWith('this one is not kept'));
}
