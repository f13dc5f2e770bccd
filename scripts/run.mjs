// Runs a compiled program of this project on a fresh clone: installs and builds what is missing first.
//   node scripts/run.mjs PROGRAM [ARG ...]     PROGRAM is a path below .build, or `test`, or `build`, which only builds
// Plain JavaScript on Node alone, because it runs before anything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import path from 'node:path';
import { inTurn } from './turns.mjs';

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
/** npm writes it last, so its age is the age of a complete install. */
const installed = path.join(root, 'node_modules/.package-lock.json');
/** Notes what the build was made of. */
const builtFrom = path.join(root, '.build/sources');
const [program, ...args] = process.argv.slice(2);
const TEST_USAGE = `Usage: npm test [-- --grep REGEXP | --fgrep TEXT] [--bail] [--no-parallel] [--reporter NAME]

Installs and builds what is missing, lints, and runs the suite, or the tests whose name is like that, against a real
ClickHouse: embedded, or as TEST_CLICKHOUSE says (testcontainers, shards, or the URL of a server).
Exit code: 0 all passed, 2 wrong arguments, other: something failed.`;
const isServer = program === 'server/main.js';
/** Where those who install or build take turns: two at once leave an install that is broken, and taken for whole. */
const turns = path.join(root, '.build/turns');
/** What is installing or building just now. */
let child;
let onChild = () => undefined;

requireNode(20, 19);
if (program === 'test') checkTestArguments();
// A service that is stopped before it began has nothing to finish. Once it listens for signals itself, these are gone.
const onSignal = (signal) => end(isServer ? 0 : 128 + constants.signals[signal]);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, onSignal);
if (program === 'build' || installIsStale() || !isBuilt()) {
  await inTurn(turns, async (note) => {
    onChild = note;
    // With what it is built with, also where NODE_ENV or npm's own settings say to leave that out.
    if ((program !== 'build' || !existsSync(installed)) && installIsStale())
      await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
    if (program === 'build' || !isBuilt()) await build();
    onChild = () => undefined;
  });
}
if (program === 'build') process.exit();
if (program === 'test') await run('npm', ['run', '--silent', 'lint']);
if (!isServer) for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, onSignal);

if (program === 'test') {
  await run(process.execPath, [
    path.join(root, 'node_modules/mocha/bin/mocha.js'),
    '.build/test/**/*.test.js',
    ...args,
  ]);
} else {
  const file = path.join(root, '.build', program);
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}

/** mocha takes whatever it is given: a name that is wrong would run everything. */
function checkTestArguments() {
  try {
    const options = {
      grep: { type: 'string', short: 'g' },
      fgrep: { type: 'string', short: 'f' },
      reporter: { type: 'string', short: 'R' },
      bail: { type: 'boolean', short: 'b' },
      'no-parallel': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    };
    if (parseArgs({ args, options }).values.help !== true) return;
    console.log(TEST_USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error.message}\n\n${TEST_USAGE}`);
    process.exit(2);
  }
}

/** The compilers take a second and a half to find out that nothing has changed. */
function isBuilt() {
  return existsSync(builtFrom) && readFileSync(builtFrom, 'utf8') === fingerprint();
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
  // A folder with packages of its own is built from what is beside them.
  const names = readdirSync(place).filter((name) => name !== 'node_modules');
  return names.flatMap((name) => filesIn(path.join(place, name)));
}

async function build() {
  const sources = fingerprint();
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [tsc, '-p', root]);
  await run(process.execPath, [tsc, '-p', path.join(root, 'dashboard')]);
  await run(process.execPath, [tsc, '-p', path.join(root, 'snippet')]);
  await run(process.execPath, [path.join(root, 'scripts/build-dashboard.mjs')]);
  await run(process.execPath, [path.join(root, 'scripts/build-snippet.mjs')]);
  await run(process.execPath, [path.join(root, 'scripts/bundle-server.mjs')]);
  writeFileSync(builtFrom, sources);
}

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  console.error(`clickhour needs Node.js ${major}.${minor} or later; this is ${process.version}.`);
  process.exit(1);
}

function installIsStale() {
  if (!existsSync(installed) || mtimeMs(installed) < mtimeMs(path.join(root, 'package-lock.json'))) return true;
  return !isBuilt() && !existsSync(path.join(root, 'node_modules/typescript'));
}

function mtimeMs(file) {
  return statSync(file).mtimeMs;
}

async function run(command, commandArgs) {
  child = spawn(command, commandArgs, {
    cwd: root,
    stdio: ['inherit', 2, 2],
    shell: process.platform === 'win32',
  });
  if (child.pid !== undefined) onChild(child.pid);
  const [status] = await once(child, 'close');
  child = undefined;
  if (status !== 0) process.exit(status ?? 1);
}

function end(status) {
  child?.kill('SIGTERM');
  process.exit(status);
}
