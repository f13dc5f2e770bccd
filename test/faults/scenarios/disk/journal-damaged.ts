import { execFile } from 'node:child_process';
import { appendFile, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { isSegmentFile, tableOf } from '../../../../server/journal/segment.ts';
import { eventually } from '../../../support/http/outcome.ts';
import type { Scenario } from '../../harness/scenario.ts';
import { journalFiles } from '../../harness/stored-ledger.ts';
import type { World } from '../../harness/world.ts';

const BODIES = 12;
const EVENTS_OF_A_BODY = 5;

/** A segment that a dead server left, and what it holds: the events of each body, in the order in which they came. */
interface Segment {
  readonly file: string;
  readonly text: string;
  readonly bodies: readonly (readonly string[])[];
}

/** @returns the bodies whose events may be lost */
type Damage = (segment: Segment, world: World) => Promise<readonly (readonly string[])[]>;

/** What must be so once the journal was taken over. */
type Check = (segment: Segment, world: World) => Promise<void>;

export const journalTruncated = damaged(
  'journal-truncated',
  'A segment that a dead server left is cut off anywhere: what is before the cut is stored',
  async ({ file, text, bodies }, { random }) => {
    const length = random.whole(0, text.length);
    await truncate(file, length);
    return bodies.filter((_, index) => endOf(bodies, index, text) > length);
  },
);

export const journalFlipped = damaged(
  'journal-bit-flipped',
  'One bit of a segment that a dead server left is flipped: what was in one commit with it may be lost, all else is stored',
  async ({ file, text, bodies }, { random }) => {
    const body = random.pick(bodies);
    // The last time that it is named is in the column that the books are kept by.
    const at = text.lastIndexOf(`"${random.pick(body)}"`) + '"id-'.length;
    const bytes = Buffer.from(text, 'latin1');
    bytes.writeUInt8((bytes[at] ?? 0) ^ (1 << random.whole(0, 7)), at);
    await writeFile(file, bytes);
    return [body];
  },
);

export const journalDeleted = damaged(
  'journal-deleted',
  'A segment that a dead server left is deleted: the server goes on without it',
  async ({ file, bodies }) => {
    await rm(file);
    return bodies;
  },
);

export const journalGarbage = damaged(
  'journal-garbage-appended',
  'Random bytes follow the last row of a segment that a dead server left: every row is stored',
  async ({ file }, { random }) => {
    const garbage = Array.from({ length: random.whole(1, 5000) }, () => random.whole(0, 255));
    await appendFile(file, Buffer.from(garbage));
    return [];
  },
);

export const journalBadFiles = damaged(
  'journal-bad-files',
  'Beside a segment that a dead server left lie a link to a segment elsewhere, a FIFO, a directory, a segment of no table and one that is empty, all named as segments: they are quarantined or removed, the file elsewhere is as it was, and every row is stored',
  async ({ file, text }, world) => {
    const elsewhere = world.place('elsewhere.ndjson');
    await writeFile(elsewhere, text, 'latin1');
    const beside = (name: string) => path.join(path.dirname(file), `${name}-a-00000001.ndjson`);
    await symlink(elsewhere, beside('events-link'));
    await promisify(execFile)('mkfifo', [beside('events-fifo')]);
    await mkdir(beside('events-directory'));
    await writeFile(beside('clicks'), text, 'latin1');
    await writeFile(beside('events-empty'), '');
    return [];
  },
  async ({ text }, world) => {
    const quarantine = path.join(world.dataDir(), 'journal', 'quarantine');
    await eventually(async () => {
      const held = await readdir(quarantine);
      for (const name of ['events-link', 'events-fifo', 'events-directory', 'clicks'])
        if (!held.some((file) => file.startsWith(`${name}-`)))
          throw new Error(`received ${held.join(', ')} in quarantine, expected ${name} among them`);
    });
    if ((await readFile(world.place('elsewhere.ndjson'), 'latin1')) !== text)
      throw new Error('received another text of the file elsewhere, expected it as it was');
  },
);

function damaged(name: string, what: string, damage: Damage, check?: Check): Scenario {
  return {
    name,
    what,
    weight: 0.5,
    run: async (world) => {
      const segment = await leaveSegment(world);
      const mayBeLost = new Set((await damage(segment, world)).flat());
      world.except({
        mayBeLost: (id) => mayBeLost.has(id),
        // What a server keeps for people is none of the segments that it ships.
        mayStay: (file) => !isSegmentFile(file) || tableOf(file) === undefined,
      });
      await world.startServer();
      world.traffic();
      await world.acknowledged(20);
      await check?.(segment, world);
    },
  };
}

/** One commit for each body, and none of them shipped; of the segments, the one with the most. */
async function leaveSegment(world: World): Promise<Segment> {
  world.onInsert(() => ({ do: 'cut before' }));
  const server = await world.startServer({ env: { BATCH_MAX_WAIT_MS: '60000' } });
  const bodies: (readonly string[])[] = [];
  for (let body = 0; body < BODIES; body += 1) bodies.push(await world.send(EVENTS_OF_A_BODY));
  await world.killServer(server, { losesPower: false });
  world.onInsert(() => ({ do: 'pass' }));
  const files = await journalFiles(world.dataDir());
  const segments = files.filter((file) => path.basename(file).startsWith('events-'));
  const texts = await Promise.all(segments.map(async (file) => ({ file, text: await readFile(file, 'latin1') })));
  const [largest] = texts.sort((a, b) => b.text.length - a.text.length);
  if (largest === undefined) throw new Error(`received ${files.join(', ')}, expected a segment of events`);
  return { ...largest, bodies: bodies.filter(([first = '']) => largest.text.includes(`"${first}"`)) };
}

/** Where the next body begins: what a commit ends with is in between. */
function endOf(bodies: Segment['bodies'], index: number, text: string): number {
  const next = bodies[index + 1]?.[0];
  return next === undefined ? text.length : text.indexOf(`"${next}"`);
}
