import { lstat, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { claimDirectory, disown, isAlive, type OwnerDirectory } from '../../../server/journal/owner-directory.ts';
import { Quarantine, QUARANTINE } from '../../../server/journal/quarantine.ts';
import { takeOver } from '../../../server/journal/takeover.ts';
import { eventually } from '../../support/http/outcome.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { journalIn, line } from './journal-in-directory.ts';
import { startOwner } from './owner-process.ts';

const SEGMENT = 'events-a-00000001.ndjson';

async function isLocked({ path: directory }: OwnerDirectory): Promise<boolean> {
  return (await lstat(path.join(directory, 'lock'))).isSocket() && (await isAlive(directory));
}

describe('The lock of an owner directory', () => {
  let temp: TempDir;
  let journal: string;
  let owned: OwnerDirectory[];

  beforeEach(async () => {
    temp = await tempDir();
    journal = path.join(temp.path, 'journal');
    owned = [];
  });
  afterEach(async () => {
    for (const directory of owned) await directory.release();
    await temp.remove();
  });

  async function claim(onMadeAgain?: () => void): Promise<OwnerDirectory> {
    const directory = await claimDirectory(journal, Date.now(), undefined, onMadeAgain);
    owned.push(directory);
    return directory;
  }

  const take = async (mine: OwnerDirectory) => (await takeOver(journal, mine)).files;

  it('is in directories of this account alone, whatever the umask', async () => {
    const before = process.umask(0);
    const made = await Promise.all([claim(), new Quarantine(journal).save('rows', Buffer.from('rows'))]).finally(() =>
      process.umask(before),
    );
    const [{ path: directory }] = made;
    for (const each of [journal, directory, path.join(journal, QUARANTINE)])
      expect((await stat(each)).mode & 0o777).to.equal(0o700);
  });

  it('is made again when somebody removes it, and its owner is not taken for gone meanwhile', async () => {
    const [mine, other] = [await claim(), await claim()];
    await writeFile(path.join(other.path, SEGMENT), 'row\n');
    await rm(path.join(other.path, 'lock'));
    expect(await take(mine)).to.deep.equal([]);
    await eventually(async () => expect(await isLocked(other)).to.equal(true));
    // As by a person who puts something in its place.
    await rm(path.join(other.path, 'lock'));
    await writeFile(path.join(other.path, 'lock'), '');
    await eventually(async () => expect(await isLocked(other)).to.equal(true));
    expect(await take(mine)).to.deep.equal([]);
  }).timeout(20_000);

  it('is made again with the directory, when that is removed or moved away, and events are taken again', async () => {
    const mine = await claim(() => table.beginAnew());
    const { journal: table, nextSealed } = journalIn(mine.path);
    await table.append(line('a\n'));
    await rm(journal, { recursive: true });
    await nextSealed();
    expect(await isLocked(mine)).to.equal(true);
    await table.append(line('b\n'));
    await rename(journal, `${journal}-away`);
    await mkdir(journal);
    await nextSealed();
    await table.append(line('c\n'));
    await table.close();
    const [file = ''] = (await readdir(mine.path)).filter((name) => name !== 'lock');
    expect(await readFile(path.join(mine.path, file), 'utf8')).to.match(/^c\n/);
  }).timeout(20_000);

  it('gives way when its owner is gone and the directory is to be taken over', async () => {
    const other = await startOwner(journal);
    await other.kill();
    await disown(other.path);
    await writeFile(path.join(other.path, SEGMENT), 'row\n');
    const mine = await claim();
    expect(await take(mine)).to.deep.equal([path.join(mine.path, SEGMENT)]);
  });

  it('is missed in a directory that has not changed for long: its owner is gone', async () => {
    const copy = path.join(journal, '20240101000000001-00000000');
    await mkdir(copy, { recursive: true });
    await writeFile(path.join(copy, SEGMENT), 'row\n');
    const mine = await claim();
    expect(await take(mine)).to.deep.equal([]);
    const before = new Date(Date.now() - 61_000);
    await utimes(copy, before, before);
    expect(await take(mine)).to.deep.equal([path.join(mine.path, SEGMENT)]);
    expect(await readdir(journal)).to.deep.equal([mine.owner]);
  });
});
