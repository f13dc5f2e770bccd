import { readdir, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { ClickHouseError } from '@clickhouse/client';
import { expect } from 'chai';
import { deferred } from '../../../server/deferred.ts';
import type { FailureClass } from '../../../server/clickhouse/errors.ts';
import { Backlog } from '../../../server/ingest/backlog.ts';
import { createSegment, type Segment } from '../../../server/ingest/segment.ts';
import type { Shipment } from '../../../server/ingest/shipment.ts';
import { Shipper } from '../../../server/ingest/shipper.ts';
import { keptLog } from '../../support/logs.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const ROW = '{"a":1}\n';

/** UNKNOWN_TABLE: passes once the table is there. */
const serverFailure = () => new ClickHouseError({ message: 'no table', code: '60', type: 'UNKNOWN_TABLE' });
/** CANNOT_PARSE_TEXT: the rows themselves are refused. */
const refusal = () => new ClickHouseError({ message: 'cannot parse', code: '6', type: 'CANNOT_PARSE_TEXT' });

describe('Shipper', () => {
  let temp: TempDir;
  let backlog: Backlog;
  let shippers: Shipper[];
  let made: number;

  beforeEach(async () => {
    temp = await tempDir();
    backlog = new Backlog();
    shippers = [];
    made = 0;
  });

  afterEach(async () => {
    for (const shipper of shippers) await shipper.close(0);
    await temp.remove();
  });

  /** A sealed segment of one row on disk, numbered in the order of its making. */
  async function segment(): Promise<Segment> {
    made += 1;
    const segment = createSegment(temp.path, 'events', `a-${made}`, 0);
    await writeFile(segment.path, ROW);
    backlog.grow(segment, 1, ROW.length);
    return segment;
  }

  function start(insert: (shipment: Shipment) => Promise<void>, expected = 1) {
    const refused: Segment[] = [];
    const shipped: string[] = [];
    const failures: FailureClass[] = [];
    const all = deferred<void>();
    const { log, lines } = keptLog();
    const shipper = new Shipper({
      insert,
      backlog,
      log,
      random: () => 0,
      reach: () => undefined,
      onShipped: ({ name }) => (shipped.push(name) === expected ? all.resolve() : undefined),
      onFailure: (kind) => failures.push(kind),
      onRefused: (segment) => refused.push(segment),
    });
    shippers.push(shipper);
    /** `allShipped` resolves when `expected` segments are safe. */
    return { shipper, shipped, failures, refused, lines, allShipped: all.promise };
  }

  it('ships in the order in which it is given segments, one at a time', async () => {
    let atOnce = 0;
    const order: string[] = [];
    const { shipper, shipped, allShipped } = start(async ({ token }) => {
      atOnce += 1;
      expect(atOnce).to.equal(1);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(token);
      atOnce -= 1;
    }, 5);
    for (let count = 0; count < 5; count += 1) shipper.ship(await segment());
    await allShipped;
    expect(order).to.deep.equal(['events-a-1', 'events-a-2', 'events-a-3', 'events-a-4', 'events-a-5']);
    expect(shipped).to.deep.equal(order);
  });

  it('removes a file once ClickHouse has it, and not before', async () => {
    const one = await segment();
    const { shipper, allShipped } = start(async () => {
      expect(existsSync(one.path)).to.equal(true);
      expect(backlog.rows).to.equal(1);
    });
    shipper.ship(one);
    await allShipped;
    expect(await readdir(temp.path)).to.deep.equal([]);
    expect([backlog.rows, backlog.bytes, backlog.segments]).to.deep.equal([0, 0, 0]);
  });

  it('keeps the file of a segment that failed', async () => {
    const one = await segment();
    const failed = deferred<void>();
    const { shipper } = start(async () => {
      setImmediate(() => failed.resolve());
      throw serverFailure();
    });
    shipper.ship(one);
    await failed.promise;
    await shipper.close(1000);
    expect(existsSync(one.path)).to.equal(true);
    expect(backlog.rows).to.equal(1);
  });

  it('counts a segment as shipped although its file cannot be removed, and says so', async () => {
    const one = await segment();
    const { shipper, shipped, allShipped, lines } = start(async () => rm(one.path));
    shipper.ship(one);
    await allShipped;
    expect(shipped).to.deep.equal(['events-a-1']);
    expect(lines.map(({ msg }) => msg)).to.deep.equal(['a shipped segment could not be removed']);
  });

  it('tries again after growing pauses while the server fails, and holds the order', async () => {
    const triedAt: number[] = [];
    const order: string[] = [];
    const { shipper, failures, allShipped } = start(async ({ token }) => {
      order.push(token);
      triedAt.push(performance.now());
      if (triedAt.length === 1) throw new Error('connect ECONNREFUSED');
      if (triedAt.length <= 3) throw serverFailure();
    }, 2);
    shipper.ship(await segment());
    shipper.ship(await segment());
    await allShipped;
    expect(order).to.deep.equal(['events-a-1', 'events-a-1', 'events-a-1', 'events-a-1', 'events-a-2']);
    expect(failures).to.deep.equal(['server', 'schema', 'schema']);
    const pauses = triedAt.slice(1, 4).map((at, index) => at - (triedAt[index] ?? 0));
    // Half of 100, 200 and 400 ms, because of the chance of 0. Node's timers have the resolution of a millisecond.
    for (const [index, least] of [50, 100, 200].entries()) expect(pauses[index]).to.be.at.least(least - 1);
  });

  it('says in what state it is, and why', async () => {
    const failed = deferred<void>();
    const goOn = deferred<void>();
    let tries = 0;
    const { shipper, allShipped, lines } = start(async () => {
      tries += 1;
      if (tries > 1) return goOn.promise;
      setImmediate(() => failed.resolve());
      throw serverFailure();
    });
    expect([shipper.state, shipper.lastError]).to.deep.equal(['idle', undefined]);
    shipper.ship(await segment());
    expect(shipper.state).to.equal('shipping');
    await failed.promise;
    expect(shipper.state).to.equal('waiting');
    expect(shipper.lastError?.message).to.equal('no table');
    expect(lines.map(({ segment, rows, code, reason }) => ({ segment, rows, code, reason }))).to.deep.equal([
      { segment: 'events-a-1', rows: 1, code: '60', reason: 'no table' },
    ]);
    goOn.resolve();
    await allShipped;
    expect(shipper.lastError).to.equal(undefined);
    await shipper.close(1000);
    expect(shipper.state).to.equal('closed');
  });

  describe('when ClickHouse refuses a segment', () => {
    it('hands it on with its file, and goes on with the next', async () => {
      const [bad, good] = [await segment(), await segment()];
      const { shipper, shipped, failures, refused, allShipped } = start(async ({ token }) => {
        if (token === bad.name) throw refusal();
      });
      shipper.ship(bad);
      shipper.ship(good);
      await allShipped;
      expect(shipped).to.deep.equal([good.name]);
      expect(refused).to.deep.equal([bad]);
      expect(failures).to.deep.equal(['request']);
      expect(existsSync(bad.path)).to.equal(true);
      expect([backlog.rows, backlog.segments]).to.deep.equal([1, 1]);
    });
  });

  describe('when it is closed', () => {
    it('ships what is queued', async () => {
      const { shipper, shipped } = start(async () => new Promise((resolve) => setImmediate(resolve)));
      for (let count = 0; count < 3; count += 1) shipper.ship(await segment());
      await shipper.close(10_000);
      expect(shipped).to.deep.equal(['events-a-1', 'events-a-2', 'events-a-3']);
      expect(await readdir(temp.path)).to.deep.equal([]);
    });

    it('stops at the first failure of the server and leaves the rest on disk', async () => {
      let tries = 0;
      const goOn = deferred<void>();
      const { shipper, shipped } = start(async () => {
        tries += 1;
        await goOn.promise;
        if (tries === 2) throw serverFailure();
      });
      for (let count = 0; count < 3; count += 1) shipper.ship(await segment());
      const closed = shipper.close(10_000);
      goOn.resolve();
      await closed;
      expect(shipped).to.deep.equal(['events-a-1']);
      expect(tries).to.equal(2);
      expect(await readdir(temp.path)).to.have.length(2);
    });

    it('does not sit out a pause', async () => {
      const failed = deferred<void>();
      let tries = 0;
      const { shipper } = start(async () => {
        tries += 1;
        setImmediate(() => failed.resolve());
        throw serverFailure();
      });
      shipper.ship(await segment());
      await failed.promise;
      expect(shipper.state).to.equal('waiting');
      await shipper.close(60_000);
      expect(tries).to.equal(1);
    });

    it('stops at the deadline although ClickHouse does not answer', async () => {
      const answer = deferred<void>();
      const { shipper, shipped } = start(async () => answer.promise);
      shipper.ship(await segment());
      shipper.ship(await segment());
      await shipper.close(20);
      expect(shipped).to.deep.equal([]);
      expect(await readdir(temp.path)).to.have.length(2);
      answer.resolve();
    });

    it('takes no more', async () => {
      let tries = 0;
      const { shipper } = start(async () => {
        tries += 1;
      });
      await shipper.close(10_000);
      shipper.ship(await segment());
      expect(tries).to.equal(0);
      expect(await readdir(temp.path)).to.have.length(1);
    });
  });
});
