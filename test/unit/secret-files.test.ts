import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { readConfig } from '../../server/config/environment.ts';
import { apiKey } from '../support/http/api-keys.ts';
import { tempDir, type TempDir } from '../support/temp-dir.ts';
import { thrownBy } from '../support/thrown.ts';

function issuesOf(env: NodeJS.ProcessEnv) {
  return thrownBy(() => readConfig(env)).issues;
}

describe('Secrets in files', () => {
  let directory: TempDir;
  const secret = async (text: string) => {
    const file = path.join(directory.path, 'secret');
    await writeFile(file, text);
    return file;
  };

  beforeEach(async () => {
    directory = await tempDir();
  });
  afterEach(() => directory.remove());

  it('are read instead of the variable, without the line end', async () => {
    const env = { CLICKHOUSE_URL: 'http://db:8123', CLICKHOUSE_PASSWORD_FILE: await secret(' p w \n') };
    expect(readConfig(env).clickhouse?.admin.password).to.equal(' p w ');
  });

  it('close a server to those without a key, as the variable does', async () => {
    const key = apiKey('shop-key', 'shop', 'write');
    const env = { HOST: '0.0.0.0', API_KEYS_FILE: await secret(JSON.stringify([key])) };
    expect(readConfig(env).trust.keys).to.deep.equal([key]);
  });

  it('are refused beside the variable', () => {
    expect(issuesOf({ CLICKHOUSE_PASSWORD: 'a', CLICKHOUSE_PASSWORD_FILE: '/b' })).to.deep.equal([
      {
        path: 'CLICKHOUSE_PASSWORD_FILE',
        message: 'received "/b", expected nothing, because CLICKHOUSE_PASSWORD is set too',
      },
    ]);
  });

  it('that cannot be read are listed with everything else that is wrong', () => {
    const missing = path.join(directory.path, 'missing');
    const issues = issuesOf({ HOST: '0.0.0.0', API_KEYS_FILE: missing, PORT: 'x' });
    expect(issues.map(({ path: name }) => name)).to.deep.equal(['API_KEYS_FILE', 'PORT']);
    expect(issues[0]?.message).to.include(`received "${missing}", expected a file that can be read: ENOENT`);
  });

  it('with wrong contents are judged as the variable is', async () => {
    const [issue] = issuesOf({ API_KEYS_FILE: await secret('not JSON') });
    expect(issue?.path).to.equal('API_KEYS');
  });

  it('without keys in them stop the start, also on loopback and beside networks, unless everybody is let in', async () => {
    for (const text of ['', '\n', '\r\n']) {
      const file = await secret(text);
      for (const env of [{}, { HOST: '0.0.0.0' }, { TRUSTED_NETWORKS: '10.0.0.0/8' }]) {
        expect(issuesOf({ ...env, API_KEYS_FILE: file }), JSON.stringify([text, env])).to.deep.equal([
          {
            path: 'API_KEYS_FILE',
            message: `received "${file}", which is empty, expected a file with keys, or ALLOW_ANONYMOUS=1 if that is intended`,
          },
        ]);
      }
      const open = readConfig({ HOST: '0.0.0.0', API_KEYS_FILE: file, ALLOW_ANONYMOUS: '1' });
      expect(open.trust.keys).to.deep.equal([]);
    }
    expect(issuesOf({ API_KEYS_FILE: await secret(' \n\n') }).map(({ path: name }) => name)).to.deep.equal([
      'API_KEYS',
    ]);
  });

  it('can be empty, which is no password', async () => {
    const env = { CLICKHOUSE_URL: 'http://db:8123', CLICKHOUSE_PASSWORD_FILE: await secret('\n') };
    expect(readConfig(env).clickhouse?.admin.password).to.equal('');
  });
});
