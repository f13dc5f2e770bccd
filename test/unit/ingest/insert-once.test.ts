import { Readable } from 'node:stream';
import { expect } from 'chai';
import { InsertOnce, PartlyStored, type InsertOnceDependencies } from '../../../server/ingest/insert-once.ts';
import type { Shipment } from '../../../server/ingest/shipment.ts';
import { silentLog } from '../../support/logs.ts';
import { failure } from '../../support/outcome.ts';

const MINUTE_MS = 60_000;

function shipment(recoveredMs?: number): Shipment {
  return { table: 'events', token: 'a', recoveredMs, rows: async () => Readable.from(['{}\n']) };
}

describe('InsertOnce on a cluster', () => {
  let nowMs: number;
  let sinceMs: number | undefined;
  let isCut: boolean;
  let asked: string[];
  let stored: boolean[];
  let once: InsertOnce;

  beforeEach(() => {
    nowMs = 1_800_000_000_000;
    sinceMs = nowMs - 60 * MINUTE_MS;
    isCut = false;
    asked = [];
    stored = [true];
    once = new InsertOnce(dependencies());
  });

  function dependencies(): InsertOnceDependencies {
    return {
      insert: async () => {
        asked.push('insert');
        if (isCut) throw new Error('socket hang up');
      },
      countStored: async () => 0,
      findStored: async () => {
        asked.push('rows');
        return stored;
      },
      countBlocks: async () => ({ now: 0, earlier: 0 }),
      layoutSinceMs: async () => {
        asked.push('layout');
        return sinceMs;
      },
      isAtWork: async () => false,
      deduplicationWindow: 100,
      log: silentLog,
      nowMs: () => nowMs,
    };
  }

  async function tryInVain(): Promise<void> {
    isCut = true;
    expect(String(await failure(once.insert(shipment())))).to.include('hang up');
    isCut = false;
    asked = [];
  }

  it('asks nothing about the shards on the first try', async () => {
    await once.insert(shipment());
    expect(asked).to.deep.equal(['insert']);
  });

  it('relies on the token while the shards are those of the first try', async () => {
    await tryInVain();
    await once.insert(shipment());
    await once.insert(shipment(nowMs - 30 * MINUTE_MS));
    expect(asked).to.deep.equal(['layout', 'insert', 'layout', 'insert']);
  });

  it('looks rows up when a shard has come since, however short a time ago the first try was', async () => {
    await tryInVain();
    nowMs += 1000;
    sinceMs = nowMs - 500;
    await once.insert(shipment());
    expect(asked).to.deep.equal(['layout', 'rows']);
  });

  it('looks up what an earlier process wrote before a shard came, and within the difference of clocks', async () => {
    await once.insert(shipment(nowMs - 61 * MINUTE_MS));
    await once.insert(shipment(nowMs - 59 * MINUTE_MS));
    expect(asked).to.deep.equal(['layout', 'rows', 'layout', 'rows']);
  });

  it('looks rows up when the first try was later than now: the clock went back', async () => {
    await tryInVain();
    nowMs -= MINUTE_MS;
    await once.insert(shipment());
    expect(asked).to.deep.equal(['layout', 'rows']);
  });

  it('goes on looking rows up until they are stored', async () => {
    sinceMs = nowMs;
    stored = [false];
    await tryInVain();
    isCut = true;
    await failure(once.insert(shipment()));
    stored = [true];
    await once.insert(shipment());
    expect(asked).to.deep.equal(['layout', 'rows', 'insert', 'layout', 'rows']);
  });

  it('has a shipment cut of which some rows are stored', async () => {
    stored = [true, false];
    sinceMs = nowMs;
    const error = await failure(once.insert(shipment(nowMs)));
    expect(error).to.be.instanceOf(PartlyStored);
    expect(asked).to.deep.equal(['layout', 'rows']);
  });

  it('sends nothing while the shards cannot be told, or an earlier try is still at work', async () => {
    await tryInVain();
    const unknown = new InsertOnce({
      ...dependencies(),
      layoutSinceMs: async () => {
        throw new Error('not every shard is migrated');
      },
    });
    expect(String(await failure(unknown.insert(shipment(nowMs))))).to.include('not every shard');
    sinceMs = nowMs;
    const busy = new InsertOnce({ ...dependencies(), isAtWork: async () => true });
    expect(String(await failure(busy.insert(shipment(nowMs))))).to.include('still at work');
    expect(asked).to.deep.equal(['layout']);
  });

  it('relies on tokens on one server', async () => {
    sinceMs = undefined;
    await tryInVain();
    await once.insert(shipment());
    expect(asked).to.deep.equal(['layout', 'insert']);
  });
});
