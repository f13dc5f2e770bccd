/**
 * The child process that becomes the ClickHouse server, once it has given up every file but those that the server needs:
 * SQL has a function, `file`, that no grant covers, and in this library no setting either.
 *   node engine-process.js CONFIG_FILE DATA_DIRECTORY LOG_DIRECTORY LISTEN_HOST HTTP_PORT [TCP_PORT]
 * Writes to descriptor 3 why it could not; nothing when it could.
 */
import { closeSync, realpathSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { OWN_STATISTICS } from './own-statistics.ts';

import { loadFfi, type Ffi } from './ffi.ts';
import { restrictFiles, type FileRule } from './landlock.ts';

const REPORT_FD = 3;
/** As in fcntl.h: with 0, the descriptor stays open when the program is replaced. */
const F_SETFD = 2;
const here = fileURLToPath(import.meta.url);
const server = path.join(path.dirname(here), `engine-server${path.extname(here)}`);

/**
 * Libraries, the time zones, how names are looked up, and what the machine and this process use of it. Of /proc these
 * alone, because it shows the environment of every process of this account. The engine's own holds nothing.
 */
const SYSTEM = `
  /lib /lib32 /lib64 /usr/lib /usr/lib32 /usr/lib64 /usr/local/lib /nix/store /gnu/store
  /etc/ld.so.cache /etc/ld.so.conf /etc/ld.so.conf.d /etc/ld.so.preload
  /usr/share/zoneinfo /etc/localtime /etc/timezone
  /etc/hosts /etc/host.conf /etc/resolv.conf /etc/nsswitch.conf /etc/gai.conf
  /dev/random /dev/urandom /sys/fs/cgroup /sys/devices/system /sys/kernel/mm/transparent_hugepage
  /proc/meminfo /proc/stat /proc/cpuinfo /proc/sys/vm/overcommit_memory ${OWN_STATISTICS.join(' ')}`
  .trim()
  .split(/\s+/);

const ffi = loadFfi();
const problem = restrictFiles(ffi, rules(process.argv.slice(2)));
if (problem !== undefined) writeSync(REPORT_FD, problem);
closeSync(REPORT_FD);
// Node has threads by now, which are not restricted. They end with the program that is replaced; what comes has none.
if (problem === undefined) become(ffi, [process.execPath, server, ...process.argv.slice(2)]);
await import(pathToFileURL(server).href);

function rules([configFile = '', dataDirectory = '', logDirectory = '']: readonly string[]): FileRule[] {
  const read = [...SYSTEM, ...program(), path.dirname(configFile)];
  return [
    { path: dataDirectory, may: 'everything' },
    { path: logDirectory, may: 'append' },
    { path: '/dev/null', may: 'everything' },
    ...read.map((folder) => ({ path: folder, may: 'read' }) as const),
  ];
}

/** Node.js, this program, and the packages that it loads. */
function program(): string[] {
  const require = createRequire(here);
  const chdb = require('chdb/libchdb') as { libchdbPath(): string };
  const natives = Object.keys(require.cache).filter((file) => file.endsWith('.node'));
  const files = [require.resolve('chdb/package.json'), chdb.libchdbPath(), require.resolve('ffi-rs'), ...natives];
  const folders = files.map((file) => path.dirname(realpathSync(file)));
  return [process.execPath, path.dirname(here), ...packageFiles(path.dirname(here)), ...folders];
}

/** Node looks upwards for what kind of module a file is. */
function packageFiles(folder: string): string[] {
  const parent = path.dirname(folder);
  return [path.join(folder, 'package.json'), ...(parent === folder ? [] : packageFiles(parent))];
}

/** Throws when it cannot; does not return when it can. */
function become(ffi: Ffi, [program = '', ...args]: readonly string[]): void {
  const { DataType } = ffi;
  // Node lets no descriptor of its own go on into another program.
  for (const fd of [0, 1, 2]) {
    ffi.load({
      library: 'libc',
      funcName: 'fcntl',
      retType: DataType.I32,
      paramsType: [DataType.I32, DataType.I32, DataType.I32],
      paramsValue: [fd, F_SETFD, 0],
    });
  }
  ffi.load({
    library: 'libc',
    funcName: 'execl',
    retType: DataType.I32,
    paramsType: [DataType.String, DataType.String, ...args.map(() => DataType.String), DataType.I64],
    paramsValue: [program, program, ...args, 0],
  });
  throw new Error(`cannot run ${program}`);
}
