import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { copyJournals, hasLivingOwner, putBackJournals } from '../../../server/backup/copy-journals.ts';
import { readWholeBackup, writeManifest } from '../../../server/backup/manifest.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const SEGMENT = 'events-20260501000000000-00000001-1.ndjson';

describe('The copy of the journals', () => {
  let directory: TempDir;
  let journal: string;
  beforeEach(async () => {
    directory = await tempDir();
    journal = path.join(directory.path, 'journal');
    await mkdir(path.join(journal, 'quarantine'), { recursive: true });
  });
  afterEach(() => directory.remove());

  /** Of what is copied and brought back, the files by their paths. */
  const there = async () => {
    const [copy, back] = [path.join(directory.path, 'copy'), path.join(directory.path, 'back')];
    await mkdir(copy);
    const files = await copyJournals(journal, copy);
    const beganAt = new Date(0).toISOString();
    await writeManifest(copy, { format: 1, beganAt, migrations: [], wholeSinceS: 0, tables: [], journal: files });
    await putBackJournals((await readWholeBackup(copy)).journal, copy, back);
    const names = files.map((file) => file.path).sort();
    return await Promise.all(names.map(async (name) => [name, await readFile(path.join(back, name), 'utf8')]));
  };

  it('leaves out what is in quarantine and is no file that a server put there', async () => {
    const quarantine = path.join(journal, 'quarantine');
    await writeFile(path.join(quarantine, 'events-x.0-7'), 'damaged');
    for (const name of ['.x.swp', 'notes (1).txt', 'events-x.7-9.part'])
      await writeFile(path.join(quarantine, name), 'x');
    await mkdir(path.join(quarantine, 'a-folder'));
    await symlink('events-x.0-7', path.join(quarantine, 'a-link'));
    expect(spawnSync('mkfifo', [path.join(quarantine, 'a-pipe')]).status).to.equal(0);
    expect(await there()).to.deep.equal([['journal/quarantine/events-x.0-7', 'damaged']]);
  });

  it('is kept from no segment by what only has the name of one', async () => {
    for (const owner of ['a', 'b', 'c']) await mkdir(path.join(journal, owner));
    expect(spawnSync('mkfifo', [path.join(journal, 'a', SEGMENT)]).status).to.equal(0);
    await mkdir(path.join(journal, 'b', SEGMENT.replace('-1.', '-2.')));
    await writeFile(path.join(journal, 'c', SEGMENT.replace('-1.', '-3.')), 'rows');
    expect(await there()).to.deep.equal([[`journal/c/${SEGMENT.replace('-1.', '-3.')}`, 'rows']]);
  });

  it('has what a server puts in quarantine, or has refused, while it is made', async () => {
    const owner = path.join(journal, 'a');
    await mkdir(owner);
    const segments = Array.from({ length: 60 }, (_, number) => SEGMENT.replace('-1.', `-${number}.`));
    for (const name of segments) await writeFile(path.join(owner, name), `of ${name}`);
    const copied = there();
    const copies = path.join(directory.path, 'copy', 'journal', 'a');
    let begun: string[] = [];
    while (begun.length === 0) begun = await readdir(copies).catch(() => []);
    const left = segments.filter((name) => !begun.includes(name));
    expect(left).not.to.have.length(0);
    await writeFile(path.join(owner, SEGMENT.replace('-1.', '-100.')), 'refused');
    for (const name of left) await rename(path.join(owner, name), path.join(journal, 'quarantine', name));
    const texts = (await copied).map(([, text]) => text);
    expect(texts).to.include.members(['refused', ...segments.map((name) => `of ${name}`)]);
  });

  it('has the segments of every folder, by whatever name, and both of two that are called the same', async () => {
    for (const owner of ['old journal', 'a', 'b']) {
      await mkdir(path.join(journal, owner));
      await writeFile(path.join(journal, owner, SEGMENT), `of ${owner}`);
    }
    const texts = (await there()).map(([, text]) => text);
    expect(texts).to.have.members(['of a', 'of b', 'of old journal']);
    expect(await readdir(path.join(directory.path, 'copy', 'journal'))).to.have.length(3);
    const back = path.join(directory.path, 'back');
    expect(await readdir(path.join(back, 'journal'))).to.have.length(3);
    // The next server takes them over at once.
    expect(await hasLivingOwner(path.join(back, 'journal'))).to.equal(false);
  });
});
