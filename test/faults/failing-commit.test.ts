import { expect } from 'chai';
import { migrate } from '../../server/migrate/migrator.ts';
import { Closing } from '../../server/closing.ts';
import { silentLog } from '../support/logs.ts';
import { failure } from '../support/http/outcome.ts';
import { totals } from '../support/clickhouse/stored.ts';
import { tempDir } from '../support/temp-dir.ts';
import { ClickHouseProcess } from './harness/clickhouse-process.ts';
import { failNextCommit, whyNoFailingCommit, type CommitFault } from './harness/disks/failing-commit.ts';

const DATABASE = 'test_commit';
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
    for (const fault of ['EIO', 'killed'] satisfies CommitFault[]) {
      it(`of ${table}, ${fault}: what is inserted again is there once, in the raw table and in the sets`, async function () {
        this.timeout(60_000);
        const id = `${table} ${fault}`;
        const { rows } = (await totals(clickhouse.endpoint, DATABASE)).raw;
        const failing = await failNextCommit(clickhouse, DATABASE, table, partitions, fault);
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
