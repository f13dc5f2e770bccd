// PID 1 of the stand-in for the ClickHouse image: runs the embedded engine on the image's paths and ports, and ends it
// in order on SIGTERM. Plain JavaScript, so that it runs as it lies here.
import { spawn } from 'node:child_process';

const engine = spawn(
  process.execPath,
  [
    '/opt/engine/engine-process.js',
    '/etc/clickhouse-server/config.xml',
    '/var/lib/clickhouse',
    '8123',
    '9000',
    '0.0.0.0',
  ],
  { stdio: ['pipe', 'inherit', 'inherit'] },
);
// The engine serves until its standard input ends, and always ends by SIGKILL.
let isStopping = false;
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    isStopping = true;
    engine.stdin.end();
  });
}
engine.on('exit', () => process.exit(isStopping ? 0 : 1));
