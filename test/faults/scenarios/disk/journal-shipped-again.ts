import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { PASS } from '../../../support/server/proxy.ts';
import { copyJournal, putJournalBack } from '../../harness/disks/journal-copy.ts';
import type { Scenario } from '../../harness/scenario.ts';
import type { StoredLedger } from '../../harness/stored-ledger.ts';
import type { World } from '../../harness/world.ts';

export const journalShippedAgain: Scenario = {
  name: 'journal-shipped-again',
  what: 'A journal that was shipped is put back under the name of another owner, and shipped again, several times: no number changes',
  run: async (world) => {
    const copy = await fillAndShip(world, 'copy');
    const before = await world.stored();
    for (let times = world.random.whole(1, 3); times > 0; times -= 1) {
      await putBack(world, copy);
      await drain(world);
    }
    expectSame(before, await world.stored());
  },
};

export const databaseRestored: Scenario = {
  name: 'database-restored',
  what: 'The database is put back as it was before its last events came, together with a journal from before and one from after that: every event is there once, and no number changes',
  weight: 0.5,
  run: async (world) => {
    const { clickhouse } = world;
    const older = await fillAndShip(world, 'older');
    const backup = world.place('backup');
    await clickhouse.copyTo(backup);
    const newer = await fillAndShip(world, 'newer');
    const before = await world.stored();
    await clickhouse.restoreFrom(backup);
    for (const copy of [older, newer]) await putBack(world, copy);
    await drain(world);
    expectSame(before, await world.stored());
  },
};

/** @returns where the copy is of the journal that held everything that was acknowledged, and is shipped now */
async function fillAndShip(world: World, name: string): Promise<string> {
  world.onInsert(() => ({ do: 'cut before' }));
  const server = await world.startServer();
  const traffic = world.traffic();
  await world.acknowledged(world.random.whole(30, 80));
  await traffic.stop();
  const copy = world.place(name);
  await copyJournal(world.dataDir(), copy);
  world.onInsert(() => PASS);
  await world.drained();
  await world.stopServer(server);
  return copy;
}

async function putBack(world: World, copy: string): Promise<void> {
  const segments = (await readdir(copy)).map((name) => path.join(copy, name));
  if ((await putJournalBack(segments, world.dataDir(), world.random)) === 0)
    throw new Error('received no segment, expected a journal with some');
}

async function drain(world: World): Promise<void> {
  const server = await world.startServer();
  await world.drained();
  await world.stopServer(server);
}

function expectSame(before: StoredLedger, after: StoredLedger): void {
  const [expected, received] = [before, after].map(({ stored, rejected, hours }) =>
    JSON.stringify([...[stored, rejected].map((each) => Object.fromEntries(each)), hours]),
  );
  if (received !== expected) throw new Error(`received other numbers: ${received}, expected ${expected}`);
}
