import { chmod, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { AppError, messageOf } from '../../../server/common/errors.ts';
import { claimDirectory, disown, isAlive, type OwnerDirectory } from '../../../server/journal/owner-directory.ts';
import { takeOver } from '../../../server/journal/takeover.ts';
import { failure } from '../../support/http/outcome.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { unprivileged } from '../../support/unprivileged.ts';
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

  const take = async (mine: OwnerDirectory) => takeOver(journal, mine);

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
    expect((await take(mine)).files).to.deep.equal([]);
    other.signal('SIGSTOP');
    expect((await take(mine)).files).to.deep.equal([]);
    expect(await readdir(other.path)).to.include.members(FILES);
  });

  it('is taken over, in the order of writing, once its owner was killed with -9', async () => {
    const other = await spawnOwner();
    await writeSegments(other.path, FILES.toReversed());
    await other.kill();
    const mine = await claim();
    const { files: taken } = await take(mine);
    expect(taken).to.deep.equal(FILES.map((file) => path.join(mine.path, file)));
    for (const file of taken) expect(await readFile(file, 'utf8')).to.equal(`${path.basename(file)}\n`);
    expect(await readdir(journal)).to.deep.equal([mine.owner]);
  });

  it('is not taken over by a user who may not ask whether its owner lives, who is told so', async function () {
    if (process.getuid?.() !== 0) this.skip(); // Another user is needed, and only root can be one.
    const other = await spawnOwner();
    await writeSegments(other.path);
    await other.kill();
    const mine = await claim();
    for (const above of [temp.path, journal]) await chmod(above, 0o755);
    const { files: taken, failures } = await unprivileged(async () => take(mine));
    expect(taken).to.deep.equal([]);
    expect(failures.map(messageOf).join()).to.match(
      /EACCES.*expected a directory of this user; if its process is gone: chown/,
    );
    expect(await readdir(other.path)).to.include.members(FILES);
  });

  it('is taken over from the oldest owner to the newest', async () => {
    const dead = ['20240101000000002-00000000', '20240101000000001-ffffffff', '20240101000000003-00000000'];
    for (const owner of dead) {
      await disown(path.join(journal, owner));
      await writeSegments(path.join(journal, owner), [`events-${owner}-00000001.ndjson`]);
    }
    const { files: taken } = await take(await claim());
    expect(taken.map((file) => path.basename(file))).to.deep.equal(
      dead.toSorted().map((owner) => `events-${owner}-00000001.ndjson`),
    );
  });

  it('is taken over by one of two processes that start at once, each file exactly once', async () => {
    const files = Array.from({ length: 300 }, (_, index) => `events-a-${String(index).padStart(8, '0')}.ndjson`);
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
    await disown(dead);
    await writeFile(path.join(dead, 'notes.txt'), 'mine');
    await writeSegments(dead);
    expect((await take(await claim())).files).to.have.length(FILES.length);
    expect(await readdir(dead)).to.have.members(['notes.txt', 'lock']);
  });

  it('is taken over although a file that is no directory lies beside it', async () => {
    const dead = path.join(journal, '20240101000000001-00000000');
    await disown(dead);
    await writeFile(path.join(journal, '00-read-me'), 'a note');
    await writeSegments(dead);
    expect((await take(await claim())).files).to.have.length(FILES.length);
    expect(await readFile(path.join(journal, '00-read-me'), 'utf8')).to.equal('a note');
  });

  it('gives a copy of a segment that is there already a name of its own', async () => {
    const dead = path.join(journal, '20240101000000001-00000000');
    const mine = await claim();
    await writeSegments(mine.path);
    await disown(dead);
    await writeSegments(dead, FILES.slice(0, 1));
    const { files } = await take(mine);
    expect(files.map((file) => path.basename(file))).to.deep.equal(['events-a-00000001-2.ndjson']);
    expect(await readFile(path.join(mine.path, FILES[0] ?? ''), 'utf8')).to.equal(`${FILES[0]}\n`);
  });

  it('takes nothing over through a link: what is there may be another journal', async () => {
    const elsewhere = path.join(journal, '.elsewhere');
    await mkdir(elsewhere, { recursive: true });
    await writeSegments(elsewhere);
    await symlink(elsewhere, path.join(journal, '20240101000000001-00000000'));
    const { files, failures } = await take(await claim());
    expect([files, failures]).to.deep.equal([[], []]);
    expect((await readdir(elsewhere)).sort()).to.deep.equal([...FILES].sort());
  });

  it('keeps no other back when it cannot be taken over, and says why', async () => {
    const [unknown, dead] = ['2'.repeat(100), '20240101000000002-00000000'].map((owner) => path.join(journal, owner));
    const moved = await claimDirectory(journal, NOW_MS);
    await rename(moved.path, unknown ?? '');
    await moved.release();
    await disown(dead ?? '');
    for (const directory of [unknown, dead]) await writeSegments(directory ?? '');
    const { files, failures } = await take(await claim());
    expect(files.map((file) => path.basename(file))).to.deep.equal(FILES);
    expect(failures.map(messageOf).join()).to.match(/expected a lock path of at most 103 bytes/);
    expect(await readdir(unknown ?? '')).to.have.members([...FILES, 'lock']);
  });

  it('goes with what a rewriting that was killed has left beside a segment', async () => {
    const dead = path.join(journal, '20240101000000001-00000000');
    await disown(dead);
    await writeSegments(dead);
    await writeFile(path.join(dead, `${FILES[0]}.part`), 'half of i');
    const mine = await claim();
    expect((await take(mine)).files).to.have.length(FILES.length);
    expect(await readdir(journal)).to.deep.equal([mine.owner]);
    expect((await readdir(mine.path)).filter((name) => name !== 'lock')).to.have.members(FILES);
  });

  it('goes when it is released empty, and stays for the next server when it is not', async () => {
    const [empty, full] = [await claim(), await claim()];
    await writeSegments(full.path);
    await empty.release();
    await full.release();
    owned = [];
    expect(await readdir(journal)).to.deep.equal([full.owner]);
    expect(await readdir(full.path)).to.have.members([...FILES, 'lock']);
    const next = await claim();
    expect((await take(next)).files).to.have.length(FILES.length);
    expect(await readdir(journal)).to.deep.equal([next.owner]);
  });

  it('says clearly that the path is too long for a lock, and leaves nothing behind', async () => {
    const long = path.join(temp.path, 'd'.repeat(120));
    const error = await failure(claimDirectory(long, NOW_MS));
    expect(error).to.be.instanceOf(AppError);
    if (!(error instanceof AppError)) return;
    expect(error.code).to.equal('invalid');
    expect(error.message).to.match(
      /^received \S+\/lock \(\d{3} bytes\), expected a lock path of at most 103 bytes; choose a shorter DATA_DIR, or run this nearer to it$/,
    );
    expect(await readdir(temp.path)).to.deep.equal([]);
  });

  it('is not taken for that of a process that is gone where its lock has too long a path to ask', async () => {
    journal = path.join(temp.path, 'd'.repeat(90));
    await mkdir(journal);
    const elsewhere = process.cwd();
    process.chdir(journal);
    const mine = await claim().finally(() => process.chdir(elsewhere));
    expect(messageOf(await failure(isAlive(mine.path)))).to.match(/expected a lock path of at most 103 bytes/);
    const left = path.join(journal, 'left');
    await disown(left);
    expect(await isAlive(left)).to.equal(false);
  });
});
