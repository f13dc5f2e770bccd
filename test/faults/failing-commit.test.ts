import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { runningEngine } from '../../clickhouse/embedded/embedded.ts';
import { engineFiles, readEngineState } from '../../clickhouse/embedded/engine-files.ts';
import { connect } from '../../server/clickhouse/client.ts';
import { migrate } from '../../server/migrate/migrator.ts';
import { Closing } from '../../server/closing.ts';
import { silentLog } from '../support/logs.ts';
import { eventually, failure } from '../support/http/outcome.ts';
import { startServer } from '../support/server/server-process.ts';
import { rowsOf, totals } from '../support/clickhouse/stored.ts';
import { tempDir } from '../support/temp-dir.ts';
import { ClickHouseProcess } from './harness/clickhouse-process.ts';
import {
  failCommit,
  nextInserts,
  nextMerge,
  whyNoFailingCommit,
  type CommitCall,
  type CommitFault,
  type TracedEngine,
} from './harness/disks/failing-commit.ts';

const DATABASE = 'test_commit';
const FAULTS = [
  ['write', 'killed'],
  ['fsync', 'EIO'],
  ['fsync', 'killed'],
  ['rename', 'EIO'],
  ['rename', 'killed'],
] as const satisfies readonly (readonly [CommitCall, CommitFault])[];
const INSERT = `INSERT INTO events (timestamp, received_at, event_id, user, category, name, data)
  VALUES ('2026-03-14 15:00:00', now64(6), '{id}', '{id}', 'c', 'n', '{}')`;

describe('A commit that fails inside ClickHouse', () => {
  const closing = new Closing();
  let clickhouse: ClickHouseProcess;

  before(async function () {
    // Faults are put into the engine by strace, as root, which a laptop may not have.
    if ((await whyNoFailingCommit()) !== undefined) this.skip();
    const directory = await tempDir();
    closing.add('directory', () => directory.remove());
    clickhouse = await ClickHouseProcess.start(directory.path);
    closing.add('ClickHouse', () => clickhouse.stop());
    await clickhouse.command('default', `CREATE DATABASE ${DATABASE}`);
    await migrate({ endpoint: clickhouse.endpoint, database: DATABASE, log: silentLog });
  });
  after(async () => closing.close());

  const insert = async (id: string) => clickhouse.command(DATABASE, INSERT.replaceAll('{id}', id));

  const PARTITIONS = { events: ['2026'], minutes: ['all'], hours: ['all'] };

  for (const [table, partitions] of Object.entries(PARTITIONS)) {
    for (const [call, fault] of FAULTS) {
      it(`at a ${call} of ${table}, ${fault}: what is inserted again is there once, in the raw table and in the sets`, async function () {
        this.timeout(60_000);
        const id = `${table} ${call} ${fault}`;
        const { rows } = (await totals(clickhouse.endpoint, DATABASE)).raw;
        const parts = await nextInserts(clickhouse, { database: DATABASE, table, partitions });
        const failing = await failCommit(clickhouse, parts, call, fault);
        try {
          expect(await failure(insert(id))).to.be.instanceOf(Error);
          await failing.struck;
        } finally {
          await failing.detach();
        }
        if (fault === 'killed') {
          await clickhouse.kill();
          await clickhouse.heal();
        }
        await insert(id);
        const { raw, view } = await totals(clickhouse.endpoint, DATABASE);
        expect(raw.rows).to.equal(rows + 1);
        expect(view).to.deep.equal(raw);
      });
    }
  }
});

/** From what makes the engine write to the write that fails. */
const STRIKE_MS = 20_000;

describe('A write that fails inside the embedded ClickHouse, which does not say so', function failing() {
  this.timeout(180_000);
  const closing = new Closing();

  before(async function () {
    // As above: by strace, as root.
    if ((await whyNoFailingCommit()) !== undefined) this.skip();
  });
  afterEach(async () => closing.close());

  const TABLES = { events: ['2026'], minutes: ['all'], hours: ['all'] };
  for (const workers of ['1', '2']) {
    it(`with ${workers} of the service's processes: every event is there once, and counted, whatever was inserted or merged`, async () => {
      const directory = await tempDir();
      closing.add('directory', () => directory.remove());
      const server = await startServer({ DATA_DIR: directory.path, WORKERS: workers });
      closing.add('server', () => server.stop());
      const engine = await engineBelow(directory.path);
      const day = Date.UTC(2026, 2, 14, 15);
      const sent: string[] = [];
      const send = async () => {
        const id = `user ${sent.length}`;
        const url = `${server.url}/analytics?timestamp=${day}&user=${encodeURIComponent(id)}&click`;
        expect((await fetch(url, { method: 'POST' })).status).to.equal(204);
        sent.push(id);
      };
      const allCounted = async () => {
        const answer = await fetch(`${server.url}/analytics?timestamp=${day}`, {
          headers: { 'Cache-Control': 'no-cache' },
        });
        const text = await answer.text();
        expect(text).to.include(`clicks,${sent.length}\n`).and.to.include(`unique_users,${sent.length}\n`);
      };
      await send();
      await eventually(allCounted);
      const strikes = async (parts: readonly string[], act: () => Promise<void>) => {
        const failing = await failCommit(await engine.now(), parts, 'write', 'EIO');
        try {
          await act();
          return await Promise.race([failing.struck.then(() => true), sleep(STRIKE_MS, false, { ref: false })]);
        } finally {
          await failing.detach();
        }
      };
      const failAWrite = async (nextParts: () => Promise<readonly string[]>, act: () => Promise<void>) => {
        const { pid } = await engine.now();
        // What the service keeps of its counts, or a merge, may have taken the place of these parts meanwhile.
        while (!(await strikes(await nextParts(), act))) await send();
        await eventually(async () => expect((await engine.now()).pid).not.to.equal(pid), 30_000);
        await eventually(allCounted, 60_000);
      };
      for (const [table, partitions] of Object.entries(TABLES)) {
        const target = { database: 'analytics', table, partitions };
        await failAWrite(async () => nextInserts(await engine.now(), target), send);
        await send();
        await eventually(allCounted, 30_000);
      }
      const merged = { database: 'analytics', table: 'minutes' };
      await failAWrite(
        async () => nextMerge(await engine.now(), merged),
        async () => engine.merge('minutes'),
      );
      const { raw, view } = await totals(await engine.endpoint(), 'analytics');
      expect(raw.rows).to.equal(sent.length);
      expect(view).to.deep.equal(raw);
    });
  }
});

async function engineBelow(dataDir: string) {
  const directory = path.join(dataDir, 'clickhouse');
  const endpoint = async () => (await runningEngine(directory)) ?? expect.fail('no engine runs');
  const now = async (): Promise<TracedEngine> => {
    const state = await readEngineState(await engineFiles(directory));
    return {
      pid: state?.pid ?? expect.fail('no engine was started'),
      rows: async (database, query) => rowsOf(await endpoint(), database, query),
    };
  };
  const merge = async (table: string) => {
    const client = connect({ endpoint: await endpoint(), role: 'admin', database: 'analytics' });
    // It may be ended meanwhile.
    await client.command({ query: `OPTIMIZE TABLE ${table} FINAL` }).catch(() => undefined);
    await client.close();
  };
  return { endpoint, now, merge };
}
