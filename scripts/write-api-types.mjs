// Writes .build/api.d.ts, the types of the HTTP API, from the OpenAPI document of the compiled service: what the package
// gives to whoever writes a client in TypeScript. The service runs for that moment, without a ClickHouse.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
// In a workspace of its own, with the TypeScript that it needs.
const { resolve } = createRequire(path.join(root, 'test/clients/openapi/package.json'));
const generator = path.join(path.dirname(resolve('openapi-typescript/package.json')), 'bin/cli.js');
const directory = await mkdtemp(path.join(tmpdir(), 'clickhour-'));
const env = { PATH: process.env.PATH, DATA_DIR: directory, PORT: '0', CLICKHOUSE_URL: 'http://127.0.0.1:9' };
const server = spawn(process.execPath, [path.join(root, '.build/server/main.js')], {
  cwd: root,
  env: { ...env, LOG_LEVEL: 'fatal' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const document = `${await addressOf(server)}/openapi.json`;
  const target = path.join(root, '.build/api.d.ts');
  execFileSync(process.execPath, [generator, document, '-o', target], { stdio: ['ignore', 'ignore', 'inherit'] });
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('close', resolve));
  await rm(directory, { recursive: true, force: true });
}

async function addressOf({ stdout }) {
  for await (const line of createInterface(stdout)) {
    const [, url] = /listens on (http:\S+)/.exec(line) ?? [];
    stdout.resume();
    if (url !== undefined) return url;
  }
  throw new Error('the service ended before it listened');
}
