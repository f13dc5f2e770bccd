import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import { constants } from 'node:fs';
import { expect } from 'chai';
import { createDurableFile } from '../../../server/journal/segment-file.ts';
import { failure } from '../../support/http/outcome.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

describe('createDurableFile', () => {
  let temp: TempDir;
  let file: string;

  beforeEach(async () => {
    temp = await tempDir();
    file = path.join(temp.path, 'file');
  });

  afterEach(() => temp.remove());

  it('has every write synced by the system call itself, on Linux', async function () {
    // Elsewhere a file is opened without the flag, because it promises less there: the service syncs after each write.
    if (process.platform !== 'linux') this.skip();
    const opened = await createDurableFile(file);
    const flags = await openFlags(file);
    await opened.close();
    expect(flags & constants.O_DSYNC).to.equal(constants.O_DSYNC);
  });

  it('writes where it is told, and cuts', async () => {
    const opened = await createDurableFile(file);
    await opened.write(Buffer.from('one\n'), 0);
    await opened.write(Buffer.from('two\n'), 4);
    expect(await readFile(file, 'utf8')).to.equal('one\ntwo\n');
    await opened.cut(4);
    await opened.close();
    expect((await stat(file)).size).to.equal(4);
  });

  it('never opens a file that is already there', async () => {
    await (await createDurableFile(file)).close();
    expect(await failure(createDurableFile(file))).to.have.property('code', 'EEXIST');
  });
});

/** The flags with which this process holds a file open, as proc(5) tells them: octal, after `flags:`. */
async function openFlags(file: string): Promise<number> {
  for (const fd of await readdir('/proc/self/fd')) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => '');
    if (target !== file) continue;
    const flags = /^flags:\s+(\d+)$/m.exec(await readFile(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    return Number.parseInt(flags ?? '', 8);
  }
  throw new Error(`expected ${file} to be open`);
}
