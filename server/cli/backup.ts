import path from 'node:path';
import { backup } from '../backup/backup.ts';
import { createLogger } from '../common/log.ts';
import { readConfig } from '../config/environment.ts';
import { listenForInterruption } from '../stop-requests.ts';
import { onlyName, readArguments, runCommand } from './command.ts';
import { warnOfUnseenJournals } from './unseen-journals.ts';
import { withClickHouse } from './with-clickhouse.ts';

const USAGE = `Usage: npm run backup -- DIR

Copies the database and the journals of DATA_DIR into a new directory DIR, while everything runs: every event that was
acknowledged before it began is in the copy. It needs nothing but this machine: the copy is made over HTTP, from the
embedded engine and from a server alike. npm run restore brings it back.

Example: npm run backup -- backups/2026-05-01`;

await runCommand(USAGE, async () => {
  const { positionals } = readArguments({ allowPositionals: true, options: {} });
  const target = path.resolve(onlyName('DIR', positionals));
  const config = readConfig();
  const { database, dataDir } = config;
  warnOfUnseenJournals(config, 'are not copied');
  const signal = listenForInterruption();
  await backup({
    lend: (use) => withClickHouse(config, createLogger('warn'), use, { signal }),
    database,
    dataDir,
    target,
    nowMs: Date.now,
    onCopied: (what, rows) =>
      console.log(`copied ${what}: ${rows.toLocaleString('en')} ${what === 'journal' ? 'files' : 'rows'}`),
    signal,
  });
  console.log(`The backup is in ${target}.`);
  return 0;
});
