import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { open, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '../support/http/outcome.ts';
import { tempDir, type TempDir } from '../support/temp-dir.ts';
import { leftovers } from './harness/breaks/leftovers.ts';
import { LoopDisk, unmountAll, whyNoLoopDisk } from './harness/disks/loop-disk.ts';

describe('A disk whose power can be cut', () => {
  let directory: TempDir;
  let disk: LoopDisk;

  before(async function () {
    // Only who may mount file systems has one, and a laptop's user may not.
    if ((await whyNoLoopDisk()) !== undefined) this.skip();
  });
  beforeEach(async () => {
    directory = await tempDir();
    disk = await LoopDisk.make(directory.path);
  });
  afterEach(async () => {
    await disk.remove();
    await directory.remove();
  });

  const place = (name: string) => path.join(disk.directory, name);

  async function writeSynced(name: string): Promise<void> {
    const file = await open(place(name), 'w');
    await file.writeFile(name);
    await file.sync();
    await file.close();
  }

  it('keeps what was synced, and nothing else', async () => {
    await writeSynced('synced');
    await writeFile(place('written'), 'written');
    disk.cut();
    expect(await failure(writeFile(place('late'), 'late'))).to.have.property('code', 'EIO');
    await disk.unmount();
    await disk.mount();
    expect((await readdir(disk.directory)).filter((name) => name !== 'lost+found')).to.deep.equal(['synced']);
  });

  it('leaves no mount, no loop device and no file, also when it was cut off and not mounted again', async () => {
    disk.cut();
    await disk.remove();
    expect(await leftovers(directory.path)).to.deep.equal([]);
    expect(await readdir(directory.path)).to.deep.equal([]);
  });

  it('is named among the leftovers for as long as it is there', async () => {
    expect(await leftovers(directory.path)).to.have.length(2);
  });

  it('goes at once when the harness has to end, though a file is open there', async () => {
    const file = await open(place('open'), 'w');
    unmountAll();
    expect(existsSync(place('open'))).to.equal(false);
    await file.close();
    expect(await leftovers(directory.path)).to.deep.equal([]);
  });
});
