import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import { programFile } from '../../../server/common/project-root.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

interface Ended {
  readonly exitCode: number;
  readonly stderr: string;
}

describe('A command that nobody answers', function nobodyAnswers() {
  this.timeout(30_000);
  let directory: TempDir;
  before(async () => {
    directory = await tempDir();
  });
  after(() => directory.remove());

  async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
    const options = { env: { PATH: process.env['PATH'], DATA_DIR: directory.path, ...env }, cwd: directory.path };
    return await new Promise((resolve) => {
      execFile(
        process.execPath,
        [programFile('server/cli/clickhour.js'), command, ...args],
        options,
        (error, _, stderr) => resolve({ exitCode: Number(error?.code ?? 0), stderr }),
      );
    });
  }

  for (const cluster of [{}, { CLICKHOUSE_CLUSTER: 'main' }]) {
    it(`says that ClickHouse does not answer, and which variable names it (${JSON.stringify(cluster)})`, async () => {
      const env = { CLICKHOUSE_URL: 'http://127.0.0.1:1', ...cluster };
      const commands = [
        ['migrate', 'status'],
        ['migrate', 'up'],
        ['sql', 'SELECT 1'],
        ['verify'],
        ['erase', '--user', 'a'],
        ['backup', path.join(directory.path, 'backup')],
      ];
      for (const [command = '', ...args] of commands) {
        const { exitCode, stderr } = await run(command, args, env);
        expect(exitCode, command).to.equal(1);
        expect(stderr, command).to.match(
          /127\.0\.0\.1:1\b.*ECONNREFUSED.* Is it running, and is CLICKHOUSE_URL right\?\n$/,
        );
      }
    });
  }

  it('says how to start a service, in the words of how it was itself started', async () => {
    const { exitCode, stderr } = await run('simulate', ['--events', '1', '--url', 'http://127.0.0.1:1'], {});
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('start the service with clickhour, or name another with --url');
  });

  it('says which variable has the key, where the service wants one', async () => {
    const server = createServer(
      (request, response) => void response.writeHead(request.url === '/health/live' ? 200 : 401).end('no'),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const { exitCode, stderr } = await run('simulate', ['--events', '1', '--url', url], {});
      expect(exitCode).to.equal(1);
      expect(stderr).to.include('401 no').and.include('set CLICKHOUR_API_KEY to a key that may do this');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
