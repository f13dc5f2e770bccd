import { chmod, readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { engineFiles, type EngineFiles } from '../../../clickhouse/embedded/engine-files.ts';
import { newPasswords } from '../../../clickhouse/embedded/engine-users.ts';
import { keepPasswords, readPasswords } from '../../../clickhouse/embedded/passwords.ts';
import { messageOf } from '../../../server/common/errors.ts';
import { failure } from '../../support/http/outcome.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { unprivileged } from '../../support/unprivileged.ts';

describe('the passwords of an embedded engine', () => {
  let temp: TempDir;
  let files: EngineFiles;
  beforeEach(async () => {
    temp = await tempDir();
    files = await engineFiles(temp.path);
  });
  afterEach(() => temp.remove());

  it('are kept, and replaced only where there are none or the file does not hold them', async () => {
    expect(await readPasswords(files)).to.equal(undefined);
    const first = await keepPasswords(files);
    expect(await keepPasswords(files)).to.deep.equal(first);
    await writeFile(files.passwords, '{"admin":');
    expect(await keepPasswords(files)).to.not.deep.equal(first);
  });

  it('are not replaced by a user who may not read them, who is told which one may', async () => {
    await keepPasswords(files, newPasswords());
    const before = await readFile(files.passwords, 'utf8');
    // Everybody may change the directory, so that nothing but the reading can fail.
    await chmod(temp.path, 0o777);
    await chmod(files.passwords, 0o000);
    const refused = await unprivileged(async () => failure(keepPasswords(files)));
    expect(messageOf(refused)).to.match(/EACCES.*expected to be run by the user who runs the service/);
    await chmod(files.passwords, 0o600);
    expect(await readFile(files.passwords, 'utf8')).to.equal(before);
  });
});
