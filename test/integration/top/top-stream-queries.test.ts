import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../../support/http/ask.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventText, postEvents } from '../../support/http/events-api.ts';
import { metricOf } from '../../support/http/metric.ts';
import { eventually } from '../../support/http/outcome.ts';
import { JSON_LINES, readStream, topsOf, type StreamReader } from '../../support/http/read-stream.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

async function post(url: string, name: string, size: number): Promise<void> {
  const event = eventText({ category: 'shown', name }).replace('"data":{}', `"data":{"size":${size}}`);
  expect((await postEvents(url, event)).status).to.equal(202);
}

const fourMore = async (reader: StreamReader) => reader.atLeast(reader.received.length + 4);

describe('What GET /events/top/stream asks of ClickHouse', () => {
  let service: TestApp;
  const readers: StreamReader[] = [];

  before(async () => {
    service = await startTestApp();
  });
  after(async () => service.remove());
  afterEach(() => {
    for (const reader of readers.splice(0)) reader.leave();
  });

  const read = async (query: string, headers: Record<string, string> = {}) => {
    const reader = await readStream(`${service.url}/events/top/stream?${query}`, headers);
    readers.push(reader);
    return reader;
  };
  /** Questions about the top that ClickHouse begins to answer while something goes on, however long the log takes to say so. */
  const queriesWhile = async (action: () => Promise<unknown>) => {
    const startMs = Date.now();
    await action();
    const endMs = Date.now();
    await ask(testEndpoint(), 'admin', 'SYSTEM FLUSH LOGS query_log');
    const log = `
      SELECT count() FROM system.query_log
      WHERE type = 'QueryStart' AND current_database = '${service.database}' AND (query LIKE '%AS top_key%' OR query LIKE '%AS starts%')
        AND toUnixTimestamp64Milli(event_time_microseconds) BETWEEN ${startMs} AND ${endMs}`;
    return Number(await ask(testEndpoint(), 'admin', log));
  };

  it('is one query a second for 50 readers of one question, and not at all when they have left', async function () {
    this.timeout(30_000);
    const spellings = ['by=name&window=1h&limit=7', 'limit=7&window=1h', 'limit=7&by=name&window=1h'];
    for (let n = 0; n < 50; n += 1) await read(spellings[n % 3] ?? '', n % 2 === 0 ? {} : JSON_LINES);
    await Promise.all(readers.map(async (reader) => reader.atLeast(2)));
    expect(await metricOf(service.url, 'clickhour_live_readers')).to.equal(50);
    expect(await queriesWhile(async () => Promise.all(readers.map(fourMore)))).to.be.within(3, 5);
    // Each got the same objects as all others, from where it began.
    const all = new Set(readers.flatMap(({ received }) => received.map(({ text }) => text)));
    expect(all.size).to.be.below(15);
    for (const reader of readers) reader.leave();
    await sleep(200);
    expect(await queriesWhile(async () => sleep(2_000))).to.equal(0);
  });

  it('reads what it shows again only where the latest event of a key is new', async () => {
    await post(service.url, 'a', 1);
    await post(service.url, 'b', 1);
    const reader = await read('category=shown&show=data.size');
    const shows = async (...sizes: readonly number[]) =>
      eventually(() =>
        expect(
          topsOf(reader)
            .at(-1)
            ?.top.map((key) => key['data.size']),
        ).to.deep.equal(sizes),
      );
    await shows(1, 1);
    // What is largest, and which event of it is the latest.
    expect(await queriesWhile(async () => fourMore(reader))).to.be.within(6, 10);
    await post(service.url, 'a', 2);
    await shows(2, 1);
  });
});
