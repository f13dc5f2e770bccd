import { expect } from 'chai';
import { connect } from 'node:net';
import { once } from 'node:events';
import { startEngine, type Engine } from '../../clickhouse/embedded/embedded.ts';
import { endpointEnv } from '../../bench/servers/endpoint-env.ts';
import { Closing } from '../../server/closing.ts';
import { defaults } from '../../server/config/config.ts';
import { testDatabase, testEndpoint } from '../support/clickhouse/clickhouse.ts';
import { eventText, postEvents } from '../support/http/events-api.ts';
import { keptLog, silentLog } from '../support/logs.ts';
import { metricOf } from '../support/http/metric.ts';
import { eventually } from '../support/http/outcome.ts';
import { getProblem } from '../support/http/pages.ts';
import { JSON_LINES, readStream, type StreamReader } from '../support/http/read-stream.ts';
import { startServer } from '../support/server/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { startTestApp } from '../support/server/test-app.ts';

describe('A stream', () => {
  let closing: Closing;

  beforeEach(() => {
    closing = new Closing();
  });
  afterEach(async () => closing.close());

  async function read(url: string, headers: Record<string, string> = {}): Promise<StreamReader> {
    const reader = await readStream(url, headers);
    closing.add('reader', () => reader.leave());
    return reader;
  }

  async function newEngine(directory: string): Promise<Engine> {
    const engine = await startEngine({ directory, log: silentLog, database: 'test_*' });
    closing.add('engine', () => engine.close());
    return engine;
  }

  /** A connection that asks for a stream and reads next to nothing of it. */
  function stuckReader(url: string, path: string) {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    socket.on('error', () => undefined);
    closing.add('stuck reader', () => socket.destroy());
    return socket;
  }

  it('says that ClickHouse is unavailable, in the words of GET /events/top, and goes on once it is back', async function () {
    this.timeout(60_000);
    const directory = await tempDir();
    closing.add('engine directory', () => directory.remove());
    const first = await newEngine(directory.path);
    const service = await startTestApp({ clickhouse: first.endpoint, database: 'test_live' });
    closing.add('service', () => service.remove());
    const url = `${service.url}/events/top/stream`;
    const [events, lines] = [await read(url), await read(url, JSON_LINES)];
    await events.atLeast(2);
    await first.close();
    await eventually(() => expect(events.received.at(-1)?.event).to.equal('problem'));
    const { status, title, detail } = (await getProblem(`${service.url}/events/top`)) as never;
    const told = JSON.parse(events.received.at(-1)?.text ?? '') as Record<string, unknown>;
    expect(Object.keys(told)).to.deep.equal(['generated_at', 'problem']);
    expect(told['problem']).to.deep.equal({ title, status, detail });
    expect(status).to.equal(503);
    await eventually(() => expect(lines.received.at(-1)?.text).to.contain('"problem":{"title"'));
    const late = await read(url);
    await late.atLeast(1, 1_000);
    expect(late.received[0]?.event).to.equal('problem');
    const before = events.received.length;
    await events.atLeast(before + 2, 12_000);
    await newEngine(directory.path);
    for (const reader of [events, late]) {
      await eventually(() => expect(reader.received.at(-1)?.event).to.equal('top'), 15_000);
    }
    const times = events.received.map(({ atMs }) => atMs);
    for (const [n, atMs] of times.entries()) expect(atMs - (times[n - 1] ?? atMs)).to.be.below(6_000);
    expect(lines.received.at(-1)?.text).to.contain('"top":[');
  });

  it('is cut off for a reader that stops reading, and for nobody else', async function () {
    this.timeout(60_000);
    const { log, lines } = keptLog();
    const service = await startTestApp({}, { log });
    closing.add('service', () => service.remove());
    const text = 'x'.repeat(2_000_000);
    await postEvents(service.url, eventText({ data: { text } }));
    const path = '/events/top/stream?show=data.text';
    const other = await read(`${service.url}${path}`, JSON_LINES);
    await eventually(() => expect(other.received.at(-1)?.text).to.have.length.above(text.length));
    const stuck = stuckReader(service.url, path);
    const cutOff = 'clickhour_live_readers_cut_off_total';
    await eventually(async () => expect(await metricOf(service.url, cutOff)).to.equal(1), 30_000);
    expect(await metricOf(service.url, 'clickhour_live_readers')).to.equal(1);
    const count = other.received.length;
    await other.atLeast(count + 3);
    const times = other.received.map(({ atMs }) => atMs);
    // One object a second, and not on an idle machine.
    for (const [n, atMs] of times.entries()) expect(atMs - (times[n - 1] ?? atMs)).to.be.below(5_000);
    const logged = lines.filter(({ msg }) => msg === 'a reader did not keep up and was cut off');
    expect(logged).to.have.length(1);
    expect(logged[0]?.['unsentBytes']).to.be.above(256 * 1024);
    const gone = once(stuck, 'close');
    stuck.resume();
    await gone;
  });

  it('ends as it should for 500 readers when the server is stopped, which takes no longer for it', async function () {
    this.timeout(60_000);
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const directory = await tempDir();
    closing.add('data', () => directory.remove());
    const server = await startServer({
      ...endpointEnv(testEndpoint()),
      CLICKHOUSE_DATABASE: database.name,
      DATA_DIR: directory.path,
    });
    closing.add('server', () => server.stop());
    const readers: StreamReader[] = [];
    for (let n = 0; n < 500; n += 1) readers.push(await read(`${server.url}/events/top/stream`));
    stuckReader(server.url, '/events/top/stream');
    await Promise.all(readers.map(async (reader) => reader.atLeast(2)));
    const startMs = performance.now();
    expect(await server.stop()).to.equal(0);
    expect(performance.now() - startMs).to.be.below(4_000);
    for (const reader of readers) expect(await reader.ended).to.equal('end');
  });

  it('holds the stop up for a second at most when a reader takes nothing', async function () {
    this.timeout(60_000);
    const service = await startTestApp({ journal: defaults.journal });
    const remove = async () => service.remove();
    let isRemoved = false;
    closing.add('service', async () => (isRemoved ? undefined : remove()));
    await postEvents(service.url, eventText({ data: { text: 'x'.repeat(4_000_000) } }));
    const path = '/events/top/stream?show=data.text';
    const other = await read(`${service.url}${path}`);
    await eventually(() => expect(other.received.at(-1)?.text).to.have.length.above(4_000_000));
    stuckReader(service.url, path);
    await eventually(async () => expect(await metricOf(service.url, 'clickhour_live_readers')).to.equal(2));
    await other.atLeast(other.received.length + 1);
    const startMs = performance.now();
    await service.app.close();
    expect(performance.now() - startMs).to.be.below(4_000);
    expect(await other.ended).to.equal('end');
    isRemoved = true;
    await remove();
  });
});
