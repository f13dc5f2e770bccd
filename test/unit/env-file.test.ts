import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { readEnvFile } from '../../server/config/env-file.ts';
import { AppError } from '../../server/common/errors.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('An .env file', () => {
  it('gives its variables, quoted or not', async () => {
    const directory = await tempDir();
    const file = path.join(directory.path, '.env');
    await writeFile(file, '# the shop\nPORT=9090\nAPI_KEYS=\'[{"application": "shop"}]\'\n\nHOST="::1"\n');
    expect(readEnvFile(file)).to.deep.equal({ PORT: '9090', API_KEYS: '[{"application": "shop"}]', HOST: '::1' });
    await directory.remove();
  });

  it('need not be there, and is refused when it cannot be read', async () => {
    const directory = await tempDir();
    expect(readEnvFile(path.join(directory.path, '.env'))).to.deep.equal({});
    expect(() => readEnvFile(directory.path)).to.throw(AppError, /expected a file that can be read/);
    await directory.remove();
  });
});
