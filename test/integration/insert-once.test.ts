import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Closing } from '../../server/closing.ts';
import { isAtWork } from '../../server/ingest/at-work.ts';
import { Backlog } from '../../server/ingest/backlog.ts';
import { countBlocks } from '../../server/ingest/block-counter.ts';
import { InsertOnce, PartlyStored } from '../../server/ingest/insert-once.ts';
import { insertRows } from '../../server/ingest/insert-rows.ts';
import { recoverSegment } from '../../server/ingest/recover-segment.ts';
import { SetAside } from '../../server/ingest/set-aside.ts';
import type { Segment } from '../../server/ingest/segment.ts';
import { createShipping } from '../../server/ingest/shipping.ts';
import { wholeSegment } from '../../server/ingest/shipment.ts';
import { countStored, findStored } from '../../server/ingest/stored-rows.ts';
import { createMetrics } from '../../server/metrics.ts';
import { testEndpoint } from '../support/clickhouse.ts';
import { silentLog } from '../support/logs.ts';
import { migratedDatabase, type MigratedDatabase } from '../support/migrated-database.ts';
import { eventually, failure } from '../support/outcome.ts';
import { rowsOf, totals } from '../support/stored.ts';
import { tempDir, type TempDir } from '../support/temp-dir.ts';

const NAME = 'events-20240101000000000-0a1b2c3d-00000001';
const MONTH_US = 31 * 24 * 3600 * 1e6;

function row(index: number, months = 0): string {
  const timestamp = 1_704_067_200_000_000 + index + months * MONTH_US;
  return `${JSON.stringify({ timestamp, received_at: 1_704_067_200_000_000 + index, event_id: `e${index}`, user: `u${index}`, category: 'analytics', name: 'click', data: '{}' })}\n`;
}

const another = async () => Readable.from([row(1000)]);

describe('A batch that may be stored, and may have been forgotten by ClickHouse', () => {
  let closing: Closing;
  let database: MigratedDatabase;
  let directory: TempDir;
  let lookups: number;

  beforeEach(async () => {
    closing = new Closing();
    database = await migratedDatabase();
    closing.add('database', () => database.drop());
    directory = await tempDir();
    closing.add('directory', () => directory.remove());
    lookups = 0;
    // ClickHouse forgets all but the last block.
    for (const table of ['events', 'hourly']) {
      const query = `ALTER TABLE ${table} MODIFY SETTING non_replicated_deduplication_window = 1`;
      await database.client.command({ query });
    }
  });
  afterEach(async () => closing.close());

  /** @param blocks how many the table is said to have taken since the segment was written */
  function insertOnce(blocks: number): InsertOnce {
    const { client } = database;
    return new InsertOnce({
      insert: async (shipment) => insertRows(client, shipment),
      countStored: async (shipment) => countStored(client, shipment),
      findStored: async (shipment) => {
        lookups += 1;
        return await findStored(client, shipment);
      },
      countBlocks: async () => ({ now: blocks, earlier: 0 }),
      layoutSinceMs: async () => undefined,
      isAtWork: async (token) => isAtWork(client, undefined, token),
      deduplicationWindow: 100_000,
      log: silentLog,
      nowMs: Date.now,
    });
  }

  async function segment(text: string): Promise<Segment> {
    const file = path.join(directory.path, `${NAME}.ndjson`);
    await writeFile(file, text);
    return await recoverSegment(file, new SetAside(directory.path));
  }

  /** Another batch, after which this one is forgotten. */
  async function forget(): Promise<void> {
    await insertOnce(0).insert({ table: 'events', token: 'another', recoveredMs: undefined, rows: another });
  }

  async function expectEachOnce(rows: number): Promise<void> {
    const { raw, view } = await totals(testEndpoint(), database.name);
    expect(raw).to.deep.equal({ rows, users: rows });
    expect(view).to.deep.equal(raw);
  }

  it('is sent when its rows are not there', async () => {
    await insertOnce(60_000).insert(wholeSegment(await segment(row(0) + row(1))));
    await expectEachOnce(2);
    expect(lookups).to.equal(1);
  });

  it('is not sent again when all of its rows are there', async () => {
    const shipment = wholeSegment(await segment(row(0) + row(1)));
    await insertOnce(0).insert(shipment);
    await forget();
    await insertOnce(60_000).insert(shipment);
    await expectEachOnce(3);
  });

  it('is sent again under its token while ClickHouse must remember it, which costs no question', async () => {
    const shipment = wholeSegment(await segment(row(0) + row(1)));
    await insertOnce(0).insert(shipment);
    await insertOnce(50_000).insert(shipment);
    await expectEachOnce(2);
    expect(lookups).to.equal(0);
  });

  it('is looked up on the second try of one process, if many others came between', async () => {
    let blocks = 7;
    let isCut = true;
    const { client } = database;
    const once = new InsertOnce({
      insert: async (shipment) => {
        await insertRows(client, shipment);
        if (!isCut) return;
        isCut = false;
        throw new Error('socket hang up');
      },
      countStored: async (shipment) => countStored(client, shipment),
      findStored: async (shipment) => findStored(client, shipment),
      countBlocks: async () => ({ now: blocks, earlier: 0 }),
      layoutSinceMs: async () => undefined,
      isAtWork: async (token) => isAtWork(client, undefined, token),
      deduplicationWindow: 100_000,
      log: silentLog,
      nowMs: Date.now,
    });
    const shipment = { ...wholeSegment(await segment(row(0))), recoveredMs: undefined };
    expect(String(await failure(once.insert(shipment)))).to.match(/hang up/);
    await forget();
    blocks += 50_001;
    // In less time no table takes so many blocks.
    await sleep(5_000);
    await once.insert(shipment);
    await expectEachOnce(2);
  });

  it('is cut when some of its rows are there, and only the others are sent', async () => {
    const rows = Array.from({ length: 6 }, (_, index) => row(index, index % 3 === 0 ? 1 : 0));
    // As after a crash of ClickHouse between two partitions of one INSERT.
    const partial = [rows[0], rows[3]].join('');
    await insertOnce(0).insert({
      table: 'events',
      token: NAME,
      recoveredMs: undefined,
      rows: async () => Readable.from([partial]),
    });
    await forget();
    const once = insertOnce(60_000);
    const found = await segment(rows.join(''));
    const error = await failure(once.insert(wholeSegment(found)));
    expect(error).to.be.instanceOf(PartlyStored);
    const backlog = new Backlog();
    backlog.add(found);
    const shipping = createShipping({
      insert: async (shipment) => once.insert(shipment),
      countStored: async (shipment) => once.countStored(shipment),
      keep: async () => expect.fail('no row is refused'),
      backlog,
      metrics: createMetrics(backlog, Date.now),
      log: silentLog,
      random: () => 0,
      reach: () => undefined,
    });
    shipping.ship(found);
    await eventually(() => expect(backlog.rows).to.equal(0));
    await shipping.stopDividing();
    await expectEachOnce(7);
    const batches = await rowsOf<{ batch: string }>(
      testEndpoint(),
      database.name,
      'SELECT DISTINCT batch FROM events ORDER BY 1',
    );
    expect(batches.map(({ batch }) => batch)).to.deep.equal(['another', NAME, `${NAME}:1-3`, `${NAME}:4-6`]);
  });
});

describe('countBlocks', () => {
  it('counts what INSERTs brought, partition by partition, whatever was merged', async () => {
    const database = await migratedDatabase();
    try {
      const { client } = database;
      const send = async (token: string, rows: string) =>
        insertRows(client, {
          table: 'events',
          token,
          recoveredMs: undefined,
          rows: async () => Readable.from([rows]),
        });
      expect(await countBlocks(client, { table: 'events', cluster: undefined }, 0)).to.deep.equal({
        now: 0,
        earlier: 0,
      });
      await send('a', row(0));
      await send('b', row(1) + row(2, 1) + row(3, 2));
      await send('b', row(1) + row(2, 1) + row(3, 2));
      const { now } = await countBlocks(client, { table: 'events', cluster: undefined }, 0);
      expect(now).to.be.within(4, 7);
      await client.command({ query: 'OPTIMIZE TABLE events FINAL' });
      expect((await countBlocks(client, { table: 'events', cluster: undefined }, 0)).now).to.be.at.least(now);
      expect(
        (await countBlocks(client, { table: 'events', cluster: undefined }, 3_600_000)).earlier,
      ).to.equal(0);
    } finally {
      await database.drop();
    }
  });
});
