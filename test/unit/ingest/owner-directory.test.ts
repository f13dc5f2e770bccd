import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { AppError, messageOf } from '../../../server/errors.ts';
import { claimDirectory, takeOver, type OwnerDirectory } from '../../../server/ingest/owner-directory.ts';
import { failure } from '../../support/outcome.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { startOwner, type OwnerProcess } from './owner-process.ts';

const NOW_MS = Date.UTC(2024, 0, 2, 3, 4, 5, 6);
const FILES = ['events-a-00000001.ndjson', 'events-a-00000002.ndjson', 'rejected_events-a-00000001.ndjson'];

async function writeSegments(directory: string, files: readonly string[] = FILES): Promise<void> {
  for (const file of files) await writeFile(path.join(directory, file), `${file}\n`);
}

describe('owner directory', () => {
  let temp: TempDir;
  let journal: string;
  let owned: OwnerDirectory[];
  let processes: OwnerProcess[];

  beforeEach(async () => {
    temp = await tempDir();
    journal = path.join(temp.path, 'journal');
    owned = [];
    processes = [];
  });

  afterEach(async () => {
    for (const process of processes) await process.kill();
    for (const directory of owned) await directory.release();
    await temp.remove();
  });

  async function claim(nowMs = NOW_MS): Promise<OwnerDirectory> {
    const directory = await claimDirectory(journal, nowMs);
    owned.push(directory);
    return directory;
  }

  async function spawnOwner(): Promise<OwnerProcess> {
    const process = await startOwner(journal);
    processes.push(process);
    return process;
  }

  it('is named after its start and chance, so that names sort by start and are never used again', async () => {
    const [first, second] = [await claim(), await claim()];
    expect(first.owner).to.match(/^20240102030405006-[0-9a-f]{8}$/);
    expect(first.path).to.equal(path.join(journal, first.owner));
    expect(second.owner).to.not.equal(first.owner);
    expect(await readdir(journal)).to.have.members([first.owner, second.owner]);
  });

  it('is not taken over while its owner lives, not even while the owner is stopped', async () => {
    const other = await spawnOwner();
    await writeSegments(other.path);
    const mine = await claim();
    expect((await takeOver(journal, mine)).files).to.deep.equal([]);
    other.signal('SIGSTOP');
    expect((await takeOver(journal, mine)).files).to.deep.equal([]);
    expect(await readdir(other.path)).to.include.members(FILES);
  });

  it('is taken over, in the order of writing, once its owner was killed with -9', async () => {
    const other = await spawnOwner();
    await writeSegments(other.path, FILES.toReversed());
    await other.kill();
    const mine = await claim();
    const { files: taken } = await takeOver(journal, mine);
    expect(taken).to.deep.equal(FILES.map((file) => path.join(mine.path, file)));
    for (const file of taken) expect(await readFile(file, 'utf8')).to.equal(`${path.basename(file)}\n`);
    expect(await readdir(journal)).to.deep.equal([mine.owner]);
  });

  it('is taken over from the oldest owner to the newest', async () => {
    const dead = ['20240101000000002-00000000', '20240101000000001-ffffffff', '20240101000000003-00000000'];
    for (const owner of dead) {
      await mkdir(path.join(journal, owner), { recursive: true });
      await writeSegments(path.join(journal, owner), [`events-${owner}-00000001.ndjson`]);
    }
    const { files: taken } = await takeOver(journal, await claim());
    expect(taken.map((file) => path.basename(file))).to.deep.equal(
      dead.toSorted().map((owner) => `events-${owner}-00000001.ndjson`),
    );
  });

  it('is taken over by one of two processes that start at once, each file exactly once', async () => {
    const files = Array.from(
      { length: 300 },
      (_, index) => `events-a-${String(index).padStart(8, '0')}.ndjson`,
    );
    const dead = await spawnOwner();
    await writeSegments(dead.path, files);
    await dead.kill();
    const rivals = [await spawnOwner(), await spawnOwner()];
    const taken = await Promise.all(rivals.map(async (rival) => rival.takeOver()));
    expect(
      taken
        .flat()
        .map((file) => path.basename(file))
        .sort(),
    ).to.deep.equal(files);
    for (const [index, rival] of rivals.entries()) {
      const held = (await readdir(rival.path)).filter((file) => file !== 'lock');
      expect(held.map((file) => path.join(rival.path, file)).sort()).to.deep.equal(taken[index]?.sort());
    }
  });

  it('leaves what is no segment where it is', async () => {
    const dead = path.join(journal, '20240101000000001-00000000');
    await mkdir(dead, { recursive: true });
    await writeFile(path.join(dead, 'notes.txt'), 'mine');
    await writeSegments(dead);
    expect((await takeOver(journal, await claim())).files).to.have.length(FILES.length);
    expect(await readdir(dead)).to.deep.equal(['notes.txt']);
  });

  it('is taken over although a file that is no directory lies beside it', async () => {
    const dead = path.join(journal, '20240101000000001-00000000');
    await mkdir(dead, { recursive: true });
    await writeFile(path.join(journal, '00-read-me'), 'a note');
    await writeSegments(dead);
    expect((await takeOver(journal, await claim())).files).to.have.length(FILES.length);
    expect(await readFile(path.join(journal, '00-read-me'), 'utf8')).to.equal('a note');
  });

  it('keeps no other back when it cannot be taken over whole, and says why', async () => {
    const dead = ['20240101000000001-00000000', '20240101000000002-00000000'];
    for (const owner of dead) {
      await mkdir(path.join(journal, owner), { recursive: true });
      const files = [1, 2, 3].map((number) => `events-${owner}-0000000${number}.ndjson`);
      await writeSegments(path.join(journal, owner), files);
    }
    const mine = await claim();
    const inTheWay = path.join(mine.path, `events-${dead[0]}-00000002.ndjson`);
    await mkdir(inTheWay);
    const { files, failures } = await takeOver(journal, mine);
    expect(files.map((file) => path.basename(file, '.ndjson'))).to.deep.equal([
      `events-${dead[0]}-00000001`,
      ...[1, 2, 3].map((number) => `events-${dead[1]}-0000000${number}`),
    ]);
    expect(failures.map(messageOf).join()).to.match(/^EISDIR.*00000002/);
    expect(await readdir(path.join(journal, dead[0] ?? ''))).to.have.length(2);
    await rmdir(inTheWay);
    expect((await takeOver(journal, mine)).files).to.have.length(2);
    expect(await readdir(journal)).to.deep.equal([mine.owner]);
  });

  it('goes when it is released empty, and stays for the next server when it is not', async () => {
    const [empty, full] = [await claim(), await claim()];
    await writeSegments(full.path);
    await empty.release();
    await full.release();
    owned = [];
    expect(await readdir(journal)).to.deep.equal([full.owner]);
    expect(await readdir(full.path)).to.have.members(FILES);
    const next = await claim();
    expect((await takeOver(journal, next)).files).to.have.length(FILES.length);
    expect(await readdir(journal)).to.deep.equal([next.owner]);
  });

  it('says clearly that the path is too long for a lock, and leaves nothing behind', async () => {
    const long = path.join(temp.path, 'd'.repeat(120));
    const error = await failure(claimDirectory(long, NOW_MS));
    expect(error).to.be.instanceOf(AppError);
    if (!(error instanceof AppError)) return;
    expect(error.code).to.equal('invalid');
    expect(error.message).to.match(
      /^received \S+\/lock \(\d{3} bytes\), expected a lock path of at most 103 bytes; choose a shorter DATA_DIR$/,
    );
    expect(await readdir(temp.path)).to.deep.equal([]);
  });
});
