// Runs a compiled program of this project on a fresh clone: installs and builds what is missing first.
//   node scripts/run.mjs PROGRAM [ARG ...]     PROGRAM is a path below .build, or `test`
// Plain JavaScript on Node alone, because it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import path from 'node:path';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** All that the build reads. */
const SOURCES = [
  'bench',
  'clickhouse',
  'dashboard',
  'migrations',
  'scripts',
  'server',
  'snippet',
  'test',
  'package.json',
  'tsconfig.json',
  'node_modules/.package-lock.json',
];
const [program, ...args] = process.argv.slice(2);

requireNode(20, 19);
if (installIsStale()) run('npm', ['ci', '--no-audit', '--no-fund']);
buildUnlessBuilt();

if (program === 'test') {
  run('npm', ['run', '--silent', 'lint']);
  run(process.execPath, [path.join(root, 'node_modules/mocha/bin/mocha.js'), '.build/test/**/*.test.js', ...args]);
} else {
  const file = path.join(root, '.build', program);
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}

/** The compilers take a second and a half to find out that nothing has changed. */
function buildUnlessBuilt() {
  const note = path.join(root, '.build/sources');
  const sources = fingerprint();
  if (existsSync(note) && readFileSync(note, 'utf8') === sources) return;
  build();
  writeFileSync(note, sources);
}

/** Of everything that the build reads: other names, sizes or times give another one. */
function fingerprint() {
  const hash = createHash('sha256');
  const files = SOURCES.flatMap((source) => filesIn(path.join(root, source))).sort();
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function filesIn(place) {
  if (!statSync(place).isDirectory()) return [place];
  return readdirSync(place).flatMap((name) => filesIn(path.join(place, name)));
}

/** The same as `npm run build`, without the half second that npm takes to start. */
function build() {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  run(process.execPath, [tsc, '-p', root]);
  run(process.execPath, [tsc, '-p', path.join(root, 'dashboard')]);
  run(process.execPath, [tsc, '-p', path.join(root, 'snippet')]);
  run(process.execPath, [path.join(root, 'scripts/build-dashboard.mjs')]);
  run(process.execPath, [path.join(root, 'scripts/build-snippet.mjs')]);
}

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  console.error(`clickhour needs Node.js ${major}.${minor} or later; this is ${process.version}.`);
  process.exit(1);
}

/** npm writes node_modules/.package-lock.json last, so its age is the age of a complete install. */
function installIsStale() {
  const installed = path.join(root, 'node_modules/.package-lock.json');
  return !existsSync(installed) || mtimeMs(installed) < mtimeMs(path.join(root, 'package-lock.json'));
}

function mtimeMs(file) {
  return statSync(file).mtimeMs;
}

function run(command, commandArgs) {
  const { status } = spawnSync(command, commandArgs, {
    cwd: root,
    stdio: ['inherit', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}
