import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Scenario } from '../harness/scenario.ts';

const OWNER = '20200101000000000-0badcafe';
const LATER = `events-${OWNER}-00000002.v9`;

export const journalOfAnotherVersion: Scenario = {
  name: 'journal-of-another-version',
  what: 'A dead server of the first version left a segment, which is stored; one of a later version left a file, which nobody touches',
  weight: 0.5,
  run: async (world) => {
    const directory = path.join(world.dataDir(), 'journal', OWNER);
    await mkdir(directory, { recursive: true });
    const ids = Array.from({ length: 30 }, () => world.ledger.open());
    world.ledger.settle(ids, 'acknowledged');
    // Plain rows, as the first version wrote them.
    const rows = ids.map((id) => {
      const us = Date.UTC(2020, 0, 1) * 1000;
      const event = { event_id: id, user: id, category: 'analytics', name: 'click', data: '{}' };
      return `${JSON.stringify({ timestamp: us, received_at: us, ...event })}\n`;
    });
    await writeFile(path.join(directory, `events-${OWNER}-00000001.ndjson`), rows.join(''));
    const later = randomBytes(1000);
    await writeFile(path.join(directory, LATER), later);
    world.except({ mayStay: (file) => file === LATER });
    await world.startServer();
    world.traffic();
    await world.acknowledged(20);
    const left = await readFile(path.join(directory, LATER));
    if (!left.equals(later)) throw new Error('the file of a later version was changed');
  },
};
