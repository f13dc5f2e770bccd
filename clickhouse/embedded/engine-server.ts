/**
 * The ClickHouse server, in the process that engine-process.ts has prepared: loads the library that npm brought and runs `clickhouse local`, which
 * listens until its standard input ends, so that it never outlives the parent that holds the other end.
 *   node engine-server.js CONFIG_FILE DATA_DIRECTORY LOG_DIRECTORY LISTEN_HOST HTTP_PORT [TCP_PORT]
 * Ends by SIGKILL always; what went wrong is on standard error as `Code: N. DB::Exception: …`.
 */
import { createRequire } from 'node:module';
import { loadFfi } from './ffi.ts';
import { holdOwnStatistics } from './own-statistics.ts';

/** How long an orphan may take to shut its tables down. Killing it loses nothing, it only makes the next start longer. */
const ORPHAN_MS = 20_000;
const ORPHAN_CHECK_MS = 500;

const parent = process.ppid;
const [configFile = '', dataDirectory = '', , listenHost = '', httpPort = '', tcpPort = ''] = process.argv.slice(2);

// The end comes through standard input. A signal to the whole group or service must not overtake the parent's last work.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
setInterval(endOrphan, ORPHAN_CHECK_MS).unref();

try {
  await serve();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
}
// After the call has returned, the library's exit handlers crash a process that ends in any other way.
process.kill(process.pid, 'SIGKILL');

async function serve(): Promise<void> {
  const require = createRequire(import.meta.url);
  const ffi = loadFfi();
  const chdb: { libchdbPath(): string } = require('chdb/libchdb');
  const { DataType } = ffi;
  ffi.open({ library: 'chdb', path: chdb.libchdbPath() });
  // The library's own handlers for crashes would take the place of Node's.
  ffi.load({
    library: 'chdb',
    funcName: 'chdb_set_signal_handlers_enabled',
    retType: DataType.Void,
    paramsType: [DataType.I32],
    paramsValue: [0],
  });
  holdOwnStatistics();
  const argv = commandLine();
  await ffi.load({
    library: 'chdb',
    funcName: 'chdb_query_cmdline',
    retType: DataType.I32,
    paramsType: [DataType.I32, DataType.StringArray],
    paramsValue: [argv.length, argv],
    // The main thread stays free for signals and timers.
    runInNewThread: true,
  });
}

function commandLine(): string[] {
  // `-` and not /dev/stdin: Node's pipes are sockets, which cannot be opened by name.
  const untilInputEnds = "SELECT count() FROM file('-', LineAsString, 'line String') FORMAT Null";
  const listen = ['SYSTEM START LISTEN HTTP', ...(tcpPort === '' ? [] : ['SYSTEM START LISTEN TCP'])];
  const options = {
    'config-file': configFile,
    path: dataDirectory,
    listen_host: listenHost,
    http_port: httpPort,
    ...(tcpPort === '' ? {} : { tcp_port: tcpPort }),
    'log-level': 'warning',
    // Only this session, of `default`, may send queries: see engine-users.ts. It is exempt from the profile's constraints.
    max_query_size: '262144',
    query: [...listen, untilInputEnds].join('; '),
  };
  return ['clickhouse', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])];
}

/** The parent's end of the pipe closes with it. Should that not end the server, this does. */
function endOrphan(): void {
  if (process.ppid === parent) return;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), ORPHAN_MS);
}
