import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { eventText, NDJSON, postChunks, postEvents } from '../../support/http/events-api.ts';
import { eventually } from '../../support/http/outcome.ts';
import {
  expectNoRefusedSegment,
  expectRejected,
  expectStored,
  storedEvents,
  storedRejections,
} from '../../support/clickhouse/stored-events.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

/** The memory of what is still in use. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('Bodies of POST /events', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp({ maxBodyBytes: 1024 * 1024 });
  });
  after(async () => service.remove());
  afterEach(async () => expectNoRefusedSegment(service.url));

  it('refuses a body that is not JSON as a whole, and keeps its text', async () => {
    const good = eventText({ name: 'never' });
    const bodies = [
      `[${good}`,
      `[${good},]`,
      `[${good}] x`,
      `[${good},{"a":tru}]`,
      `${good}\n${good}`,
      'nonsense',
      '"text"',
      '',
      ' \n',
      '[]',
      '\ufeff',
    ];
    for (const text of bodies) {
      const { status, body } = await postEvents(service.url, text);
      expect(status, text).to.equal(400);
      expect(body.accepted, text).to.equal(0);
      expect(body.errors, text).to.have.length(1);
      await expectRejected(service.database, text.replace('\ufeff', '\ufeff'), 'malformed');
    }
    expect(await storedEvents(service.database, `name = 'never'`)).to.deep.equal([]);
  });

  it('says of many objects in one JSON body that they need another Content-Type', async () => {
    const { body } = await postEvents(service.url, `${eventText()}\n${eventText()}`);
    expect(body.detail).to.contain('application/x-ndjson');
  });

  it('takes gzip, a byte order mark, no Content-Type, and other names of NDJSON', async () => {
    const text = eventText({ name: 'forms' });
    expect((await postEvents(service.url, gzipSync(text), { 'Content-Encoding': 'gzip' })).status).to.equal(202);
    expect((await postEvents(service.url, `\ufeff${text}`)).status).to.equal(202);
    expect((await postChunks(service.url, [Buffer.from(text)], {})).status).to.equal(202);
    for (const type of ['application/ndjson', 'application/jsonl', 'Application/JSON; charset="UTF-8"']) {
      expect((await postEvents(service.url, text, { 'Content-Type': type })).status, type).to.equal(202);
    }
    await expectStored(service.database, 'forms', 6);
  });

  it('answers 415 for other types, charsets and encodings, and names what it takes', async () => {
    const headers: Record<string, string>[] = [
      { 'Content-Type': 'text/html' },
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      { 'Content-Type': 'application/json; charset=utf-16' },
      { 'Content-Encoding': 'br' },
      { 'Content-Encoding': 'gzip, gzip' },
      { 'Content-Type': 'constructor' },
    ];
    for (const header of headers) {
      const { status, body } = await postEvents(service.url, eventText(), header);
      expect(status, JSON.stringify(header)).to.equal(415);
      expect(body.detail).to.match(/^Content-(Type|Encoding): received ".*", expected /);
    }
  });

  it('answers 413 above the limit and accepts nothing of it: announced, chunked, or a gzip bomb', async () => {
    const line = eventText({ name: 'too much' });
    const large = `${line}\n`.repeat(16_000);
    expect((await postEvents(service.url, large, NDJSON)).status).to.equal(413);
    const chunks = Array.from({ length: 40 }, () => Buffer.from(`${line}\n`.repeat(500)));
    expect((await postChunks(service.url, chunks)).status).to.equal(413);
    const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024, `${line}\n`));
    const before = process.memoryUsage().rss;
    const answer = await postEvents(service.url, bomb, { ...NDJSON, 'Content-Encoding': 'gzip' });
    expect(answer.status).to.equal(413);
    expect(answer.body.accepted).to.equal(0);
    expect(process.memoryUsage().rss - before).to.be.below(100 * 1024 * 1024);
    expect((await postEvents(service.url, '0\n'.repeat(100_000), NDJSON)).status).to.equal(413);
    await eventually(async () =>
      expect((await storedRejections(service.database)).filter(({ reason }) => reason === 'too_large')).to.have.length(
        4,
      ),
    );
    expect(await storedEvents(service.database, `name = 'too much'`)).to.deep.equal([]);
    expect((await postEvents(service.url, eventText())).status).to.equal(202);
  });

  it('answers 400 for what is not gzip and for gzip that is cut off', async () => {
    const zipped = gzipSync(`${eventText({ name: 'cut' })}\n`.repeat(100));
    for (const body of [Buffer.from('plain'), zipped.subarray(0, -9), zipped.subarray(0, 20)]) {
      const { status, body: answer } = await postEvents(service.url, body, {
        ...NDJSON,
        'Content-Encoding': 'gzip',
      });
      expect(status).to.equal(400);
      expect(answer.detail).to.contain('gzip');
    }
    expect(await storedEvents(service.database, `name = 'cut'`)).to.deep.equal([]);
  });

  it('takes a body that comes byte by byte, and nothing of one whose client goes away', async () => {
    const slow = Buffer.from(`${eventText({ name: 'slow é' })}\n${eventText({ name: 'slow é' })}`);
    const { status, body } = await postChunks(
      service.url,
      (async function* () {
        for (const byte of slow) {
          await sleep(0);
          yield Uint8Array.of(byte);
        }
      })(),
    );
    expect([status, body.accepted]).to.deep.equal([202, 2]);
    await expectStored(service.database, 'slow é', 2);
    const gone = postChunks(
      service.url,
      (async function* () {
        yield Buffer.from(`${eventText({ name: 'gone' })}\n`);
        await sleep(50);
        throw new Error('gone');
      })(),
      { ...NDJSON, 'Content-Length': 100_000 },
    ).catch((error: unknown) => String(error));
    expect(await gone).to.contain('gone');
    await sleep(200);
    expect(await storedEvents(service.database, `name = 'gone'`)).to.deep.equal([]);
  });

  for (const path of ['/events', '/v1/batch', '/batch/']) {
    it(`holds of a body that comes byte by byte to ${path} little more than its bytes`, async () => {
      const before = memoryInUse();
      const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
      try {
        const body = `${'1\r\n \r\n'.repeat(100_000)}2\r\n{}\r\n0\r\n\r\n`;
        socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${body}`);
        const answer = once(socket, 'data') as Promise<[Buffer]>;
        let most = 0;
        for (; socket.bytesRead === 0; await sleep(200)) most = Math.max(most, memoryInUse() - before);
        expect(String((await answer)[0])).to.match(/^HTTP\/1.1 (200|400) /);
        expect(most).to.be.below(10 * 1024 * 1024);
      } finally {
        socket.destroy();
      }
    });
  }

  it('cuts what it keeps of long rubbish, and of much rubbish, and says so', async () => {
    const long = `{"x":"${'é'.repeat(20_000)}"}`;
    await postEvents(service.url, long, NDJSON);
    await eventually(async () => {
      const cut = (await storedRejections(service.database)).find(({ payload }) => payload.startsWith('{"x":"éé'));
      expect(cut?.payload).to.match(/é… \[cut: 1638[34] of 40008 bytes\]$/);
    });
    await postEvents(service.url, `[xx${'é'.repeat(20_000)}`);
    await eventually(async () => {
      const cut = (await storedRejections(service.database)).find(({ payload }) => payload.startsWith('[xxé'));
      expect(cut?.payload).to.match(/é… \[cut: 16383 of 40003 bytes\]$/);
    });
    const { body } = await postEvents(service.url, '{"much":1}\n'.repeat(1500), NDJSON);
    expect(body.rejected).to.have.length(1500);
    await eventually(async () => {
      const kept = await storedRejections(service.database);
      expect(kept.filter(({ payload }) => payload === '{"much":1}')).to.have.length(1000);
      const [rest, ...others] = kept.filter(({ reason }) => reason === 'omitted');
      expect(others).to.deep.equal([]);
      expect(rest?.errors).to.contain('500 more');
    });
  });

  it('counts what it rejects by reason, and does not mix it with events', async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    for (const reason of ['malformed', 'shape', 'too_large']) {
      expect(metrics).to.match(new RegExp(`clickhour_events_rejected_total{reason="${reason}"} [1-9]`));
    }
    expect(metrics).to.contain('\nclickhour_events_unaccounted 0\n');
    await eventually(async () => {
      const drained = await (await fetch(`${service.url}/metrics`)).text();
      expect(drained).to.contain('\nclickhour_rejected_events_waiting 0\n');
      expect(drained).to.contain('\nclickhour_events_waiting 0\n');
    });
  });
});
