import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { tempDir } from '../temp-dir.ts';

export interface Nginx {
  readonly url: string;
  /** The last of what it logged: why an answer is its own. */
  readonly said: string;
  /** Ends it, and removes what it wrote. */
  stop(): Promise<void>;
}

/** Debian keeps it where only root looks. */
const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` };

/** For `before`: a suite that needs nginx is pending where there is none, and fails where CI demands one. */
export const needsNginx: Mocha.Func = function () {
  if (spawnSync('nginx', ['-v'], { env }).status === 0) return;
  if (process.env['CI'] !== undefined && process.platform === 'linux')
    throw new Error('CI demands nginx, and there is none');
  // A newcomer's laptop need not have nginx; `.ci/run` installs it.
  this.skip();
};

/**
 * Runs nginx with this project's nginx.conf, the very file, beside its own two small ones: where it listens, and where the
 * servers are, which in a container only Docker's name server knows.
 * @param servers origins
 */
export async function startNginx(servers: readonly string[]): Promise<Nginx> {
  const directory = await tempDir();
  const file = (name: string) => path.join(directory.path, name);
  // As root, it makes its workers nobody's, and they must get in.
  await chmod(directory.path, 0o755);
  const port = await freePort();
  await copyFile('nginx/nginx.conf', file('nginx.conf'));
  await writeFile(file('listen.conf'), `listen 127.0.0.1:${port};\n`);
  await writeFile(file('upstream.conf'), upstream(servers));
  const child = spawn(
    'nginx',
    ['-e', 'stderr', '-p', `${directory.path}/`, '-c', file('nginx.conf'), '-g', 'daemon off;'],
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + withoutRefused(chunk.toString())).slice(-4000)));
  const ended = once(child, 'close');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await directory.remove();
  };
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 200; tries += 1) {
    if (await fetch(url).catch(() => undefined)) {
      return {
        url,
        stop,
        get said() {
          return said;
        },
      };
    }
    if (child.exitCode !== null) break;
    await sleep(20);
  }
  await stop();
  throw new Error(`nginx did not start: ${said}`);
}

/** Servers that are not there are what it is for. */
function withoutRefused(lines: string): string {
  return lines.replaceAll(/^.*\(111: Connection refused\).*\n/gm, '');
}

function upstream(servers: readonly string[]): string {
  const lines = servers.map((url) => `    server ${new URL(url).host} max_fails=0;\n`);
  return `upstream clickhour {\n    zone clickhour 256k;\n${lines.join('')}    keepalive 64;\n    keepalive_timeout 500ms;\n}\n`;
}
