import path from 'node:path';
import { readWholeBackup } from '../backup/manifest.ts';
import { restore } from '../backup/restore.ts';
import { createLogger } from '../common/log.ts';
import { readConfig } from '../config/environment.ts';
import { asInvoked, onlyName, readArguments, runCommand } from './command.ts';
import { withClickHouse } from './with-clickhouse.ts';

const USAGE = `Usage: npm run restore -- DIR [--replace]

Brings back what npm run backup has written to DIR, into an empty database. Stop all servers of the database first. The whole
backup is checked before anything is touched.

  --replace   also into a database that has rows: they are removed; journals with events that wait are
              kept as DATA_DIR/journal.replaced-…

Example: npm run restore -- backups/2026-05-01`;

await runCommand(USAGE, async () => {
  const { positionals, values } = readArguments({
    allowPositionals: true,
    options: { replace: { type: 'boolean', default: false } },
  });
  const source = path.resolve(onlyName('DIR', positionals));
  const config = readConfig();
  const { database, dataDir, retentionDays } = config;
  const log = createLogger('warn');
  // Before an engine is started, which makes files.
  const manifest = await readWholeBackup(source);
  await withClickHouse(
    config,
    log,
    (endpoint) =>
      restore({
        endpoint,
        database,
        dataDir,
        source,
        manifest,
        replace: values.replace,
        retentionDays,
        log,
        nowMs: Date.now,
        onDone: (what, rows) =>
          console.log(
            rows === 0 && path.isAbsolute(what)
              ? `replaced journals: ${what}`
              : `${what}: ${rows.toLocaleString('en')} rows`,
          ),
      }),
    { createsData: true },
  );
  console.log(
    asInvoked(`Database ${database} is as it was at ${manifest.beganAt}. Next: npm run verify, then npm start.`),
  );
  return 0;
});
