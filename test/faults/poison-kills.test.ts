import { expect } from 'chai';
import { endpointEnv } from '../../bench/servers/endpoint-env.ts';
import { Closing } from '../../server/closing.ts';
import { testDatabase, testEndpoint } from '../support/clickhouse/clickhouse.ts';
import { eventText, NDJSON, postEvents } from '../support/http/events-api.ts';
import { eventually } from '../support/http/outcome.ts';
import { PASS, startProxy } from '../support/server/proxy.ts';
import { startServer, type ServerProcess } from '../support/server/server-process.ts';
import { rowsOf, storedUsers, totals } from '../support/clickhouse/stored.ts';
import { storedRejections } from '../support/clickhouse/stored-events.ts';
import { tempDir } from '../support/temp-dir.ts';

const USERS = Array.from({ length: 16 }, (_, index) => (index === 3 || index === 11 ? `poison${index}` : `u${index}`));

describe('A segment with refused rows, while the server is killed with -9 after an answer of ClickHouse', () => {
  let closing: Closing;
  let database: string;
  let env: Record<string, string>;
  /** The server dies at this answer to an INSERT into `events`, counted from its start, and never learns of it. */
  let fatalAnswer = Infinity;
  let answers = 0;
  let server: ServerProcess | undefined;

  beforeEach(async () => {
    closing = new Closing();
    const created = await testDatabase();
    closing.add('database', () => created.drop());
    database = created.name;
    const directory = await tempDir();
    closing.add('data', () => directory.remove());
    const proxy = await startProxy({
      target: testEndpoint().urls[0],
      judge: () => PASS,
      onAnswered: async ({ query }) => {
        if (!query.startsWith('INSERT INTO events')) return;
        answers += 1;
        if (answers !== fatalAnswer) return;
        await server?.kill();
        server = undefined;
      },
    });
    closing.add('proxy', () => proxy.close());
    env = {
      ...endpointEnv(testEndpoint()),
      CLICKHOUSE_URL: proxy.url,
      CLICKHOUSE_DATABASE: database,
      DATA_DIR: directory.path,
      BATCH_MAX_WAIT_MS: '50',
    };
    fatalAnswer = Infinity;
  });
  afterEach(async () => closing.close());

  async function sql(query: string): Promise<void> {
    await rowsOf(testEndpoint(), database, query);
  }

  async function start(fatal: number): Promise<ServerProcess> {
    answers = 0;
    fatalAnswer = fatal;
    const started = await startServer(env);
    closing.add('server', () => started.kill());
    server = started;
    return started;
  }

  async function postRows(): Promise<void> {
    const { url } = await start(Infinity);
    await sql("ALTER TABLE events ADD CONSTRAINT c CHECK user NOT LIKE 'poison%'");
    fatalAnswer = 1;
    const rows = USERS.map((user) => eventText({ category: 'analytics', name: 'click', user }));
    const { status } = await postEvents(url, rows.join('\n'), NDJSON);
    expect(status).to.equal(202);
    await killed();
  }

  const killed = async () => eventually(() => expect(server).to.equal(undefined), 20_000);

  async function expectEachInOnePlace(): Promise<void> {
    await eventually(async () => {
      const stored = await storedUsers(testEndpoint(), database);
      const kept = new Set((await storedRejections(database)).map(({ payload }) => JSON.parse(payload).user));
      expect([...stored.keys(), ...kept]).to.have.members(USERS);
      expect([...stored.values()].every((times) => times === 1)).to.equal(true);
      const { raw, view } = await totals(testEndpoint(), database);
      expect(view).to.deep.equal(raw);
    }, 20_000);
  }

  it('at one step after the other, and begins again each time: every row is in one place, once', async function () {
    this.timeout(120_000);
    await postRows();
    for (const fatal of [2, 3, 5, 8]) {
      await start(fatal);
      await killed();
    }
    await start(Infinity);
    await expectEachInOnePlace();
    expect(await storedRejections(database)).to.have.length(2);
  });

  for (const fatal of [2, 4, 6]) {
    it(`at step ${fatal}, and the rule against its rows is gone when the next server starts`, async function () {
      this.timeout(60_000);
      await postRows();
      await start(fatal);
      await killed();
      await sql('ALTER TABLE events DROP CONSTRAINT c');
      await start(Infinity);
      await expectEachInOnePlace();
    });
  }
});
