import path from 'node:path';
import { readArguments, runCommand, UsageError, wholeOption } from './command.ts';
import { withClickHouse } from './with-clickhouse.ts';
import { readConfig } from '../config/environment.ts';
import { AppError, show } from '../common/errors.ts';
import { didYouMean } from '../common/words.ts';
import { createLogger } from '../common/log.ts';
import { migrate, migrationsDirectory, migrationStatus } from '../migrate/migrator.ts';
import { newMigration } from '../migrate/new-migration.ts';
import type { MigrationStatus } from '../migrate/plan.ts';
import { waitForClickHouse } from '../migrate/wait.ts';

const USAGE = `Usage: npm run migrate -- [up [--wait SECONDS]|status|new NAME]

  up         apply what is pending (the default); safe to run twice, and from several machines at once;
             with --wait, waits that long for ClickHouse to answer
  status     list all migrations; exit code 1 while any is pending
  new NAME   write the next numbered file in migrations/

Example: npm run migrate -- status`;

await runCommand(USAGE, async () => {
  const { positionals, values } = readArguments({
    allowPositionals: true,
    options: { wait: { type: 'string' } },
  });
  const [command = 'up', ...rest] = positionals;
  if (command !== 'up' && values.wait !== undefined)
    throw new UsageError(`--wait: received it with ${command}, expected it with up`);
  if (command === 'new') return create(rest);
  if (rest.length > 0) throw new UsageError(`${command}: received ${show(rest.join(' '))}, expected nothing after it`);
  if (command === 'up') return up(1000 * wholeOption('wait', values.wait, { min: 0, max: 999_999, fallback: 0 }));
  if (command === 'status') return status();
  const hint = didYouMean(command, ['up', 'status', 'new']);
  throw new UsageError(`received ${show(command)}, expected up, status or new NAME${hint}`);
});

async function up(waitMs: number): Promise<number> {
  const config = readConfig();
  const { database } = config;
  const log = createLogger('warn');
  const applied = await withClickHouse(
    config,
    log,
    async (endpoint) => {
      if (waitMs > 0) await waitForClickHouse({ endpoint, waitMs, say: (line) => console.log(line) });
      return await migrate({ endpoint, database, log });
    },
    { createsData: true },
  );
  for (const name of applied) console.log(`applied ${name}`);
  const where = config.clickhouse?.cluster === undefined ? '' : ' on every node that answers';
  if (applied.length === 0) console.log(`Nothing to do: database ${database} has every migration${where}.`);
  return 0;
}

async function status(): Promise<number> {
  const config = readConfig();
  const { database } = config;
  const nodes = await withClickHouse(
    config,
    createLogger('warn'),
    (endpoint) => migrationStatus({ endpoint, database }),
    { onlyReads: true },
  );
  for (const node of nodes) {
    if (nodes.length > 1) console.log(`${node.node}:`);
    if ('unavailable' in node) console.log(`unavailable  ${node.unavailable}`);
    else for (const migration of node.migrations) console.log(line(migration));
  }
  const all = nodes.flatMap((node) => ('unavailable' in node ? [] : node.migrations));
  const open = all.filter(({ state }) => state !== 'applied').length;
  const unavailable = nodes.filter((node) => 'unavailable' in node).length;
  console.log(
    `Database ${database}: ${all.length - open} applied, ${open} not${unavailable === 0 ? '' : `, ${unavailable} of ${nodes.length} nodes unavailable`}.`,
  );
  return open === 0 && unavailable === 0 ? 0 : 1;
}

async function create(words: readonly string[]): Promise<number> {
  if (words.length === 0) throw new UsageError('new: received nothing, expected a NAME');
  const file = await newMigration(migrationsDirectory, words.join('_')).catch((error: unknown) => {
    throw error instanceof AppError ? new UsageError(error.message) : error;
  });
  console.log(`wrote ${path.relative(process.cwd(), file)}`);
  return 0;
}

function line({ name, state, applied, statements, appliedAt }: MigrationStatus): string {
  const progress = state === 'partial' ? ` (${applied} of ${statements} statements)` : '';
  return `${state.padEnd(8)}  ${name}${progress}  ${appliedAt ?? ''}`.trimEnd();
}
