import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, link, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { Closing } from '../../../server/closing.ts';
import { projectRoot } from '../../../server/common/project-root.ts';
import { listening, stop } from '../../support/server/server-process.ts';
import { tempDir } from '../../support/temp-dir.ts';

const HOUR_MS = 3_600_000;
/** Whatever a developer has set does not matter to who has the package. */
const ENV = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', PORT: '0', LOG_LEVEL: 'fatal' };

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('The package, in an empty folder without a registry', function () {
  this.timeout(120_000);
  let closing: Closing;
  let folder: string;

  before(async () => {
    closing = new Closing();
    const directory = await tempDir();
    closing.add('directory', () => directory.remove());
    folder = path.join(directory.path, 'shop');
    await mkdir(folder);
    await succeeded(process.execPath, [path.join(projectRoot, 'scripts/write-api-types.mjs')], projectRoot);
    // What `prepack` builds is built.
    const packed = await succeeded('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], projectRoot);
    const tarball = packed.stdout.trim();
    await copyDependencies(folder);
    const install = ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', `./${tarball}`];
    await succeeded('npm', install, folder);
  });
  after(async () => closing.close());

  const clickhour = (...args: string[]) => run(path.join(folder, 'node_modules/.bin/clickhour'), args, folder);

  it('has its version, its help, and the types of its API', async () => {
    const { version } = JSON.parse(await readFile(path.join(projectRoot, 'package.json'), 'utf8')) as Version;
    expect((await clickhour('--version')).stdout.trim()).to.equal(version);
    expect((await clickhour('--help')).stdout).to.contain('Usage: clickhour');
    const types = await readFile(path.join(folder, 'node_modules/clickhour/.build/api.d.ts'), 'utf8');
    expect(types).to.contain('"/events"').and.contain('export interface paths');
  });

  it('starts with an embedded ClickHouse, answers, imports, is asked in SQL, verified and migrated', async () => {
    const server = spawn(path.join(folder, 'node_modules/.bin/clickhour'), [], {
      cwd: folder,
      env: ENV,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    closing.add('server', () => stop(server));
    const url = await listening(server);
    const nowMs = Date.now();
    const clicked = await fetch(`${url}/analytics?timestamp=${nowMs}&user=ann&click`, { method: 'POST' });
    expect(clicked.status).to.equal(204);
    for (const page of ['/', '/docs', '/openapi.json', '/clickhour.js']) {
      expect((await fetch(`${url}${page}`)).status, page).to.equal(200);
    }
    await writeFile(path.join(folder, 'events.ndjson'), linesOf(100, nowMs - HOUR_MS));
    const imported = await clickhour('import', 'events.ndjson', '--url', url);
    expect(imported, imported.stderr).to.include({ exitCode: 0 });
    const answer = await fetch(`${url}/analytics?timestamp=${nowMs}`, { headers: { 'Cache-Control': 'no-cache' } });
    expect(await answer.text()).to.equal('unique_users,1\nclicks,1\nimpressions,0\n');
    const counted = await clickhour('sql', "SELECT count() FROM deduplicated_events WHERE name = 'bought' FORMAT TSV");
    expect(counted, counted.stderr).to.include({ exitCode: 0, stdout: '100\n' });
    const verified = await clickhour('verify');
    expect(verified, verified.stdout + verified.stderr).to.include({ exitCode: 0 });
    const migrated = await clickhour('migrate', 'status');
    expect(migrated, migrated.stdout + migrated.stderr).to.include({ exitCode: 0 });
    expect(await stop(server)).to.equal(0);
  });
});

interface Version {
  readonly version: string;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

/** Puts what the package depends on where npm finds it, as the lockfile of this project has it, and nothing else. */
async function copyDependencies(folder: string): Promise<void> {
  const lock = JSON.parse(await readFile(path.join(projectRoot, 'package-lock.json'), 'utf8')) as Lock;
  for (const [place, { dev }] of Object.entries(lock.packages)) {
    const source = path.join(projectRoot, place);
    // The first is this project itself; what is for another platform is not there.
    if (place !== '' && dev !== true && existsSync(source)) await copyPackage(source, path.join(folder, place));
  }
}

async function copyPackage(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue;
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory()) await copyPackage(source, target);
    // The same bytes, where the folders are on one file system.
    else await link(source, target).catch(async () => cp(source, target));
  }
}

function linesOf(count: number, fromMs: number): string {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({ name: 'bought', user: `user-${index % 10}`, timestamp: fromMs + index }),
  ).join('\n');
}

async function succeeded(command: string, args: readonly string[], cwd: string): Promise<Ended> {
  const ended = await run(command, args, cwd);
  expect(ended.exitCode, `${command} ${args.join(' ')}: ${ended.stdout}${ended.stderr}`).to.equal(0);
  return ended;
}

async function run(command: string, args: readonly string[], cwd: string): Promise<Ended> {
  const child: ChildProcess = spawn(command, args, { cwd, env: ENV, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('expected a child with pipes');
  const [out, errors, exitCode] = await Promise.all([text(stdout), text(stderr), exit]);
  return { exitCode, stdout: out, stderr: errors };
}
