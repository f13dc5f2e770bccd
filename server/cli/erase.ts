import { pluralize } from '../common/words.ts';
import { readConfig } from '../config/environment.ts';
import { show } from '../common/errors.ts';
import { eraseUser, type Erased } from '../erase/erase-user.ts';
import type { ErasedUser } from '../erase/erased-user.ts';
import { MAX_NAME_CHARACTERS } from '../events/event.ts';
import { isLongerThan } from '../events/query-parameters.ts';
import { createLogger } from '../common/log.ts';
import { readArguments, runCommand, UsageError } from './command.ts';
import { warnOfUnseenJournals } from './unseen-journals.ts';
import { withClickHouse } from './with-clickhouse.ts';

const USAGE = `Usage: npm run erase -- --user U [--application A]

Removes the events of a user everywhere, while servers run: raw events, what is counted of them, rejected texts that name
the user, and rows under DATA_DIR that wait in journals, are in quarantine, or in journals that a restore has replaced. No
other number changes. Stop what sends events of the user first. Exit code 1 when something could not be erased; run again,
it goes on where it stopped.

  --user U          as it was sent, exactly
  --application A   only events of this application: as the key says; without a key, as the event says (default: all)

Where raw events are gone already, by RETENTION_DAYS or otherwise, what was counted of them stays: numbers, and sets of hashes
of ids; it is printed in how many hours. No user can be listed from them, but somebody who has the id could test whether it
is in a set.

Example: npm run erase -- --user ada@example.com`;

const WAIT_MS = 60_000;

await runCommand(USAGE, async () => {
  const whose = readCommandLine();
  const config = readConfig();
  const { database, dataDir } = config;
  warnOfUnseenJournals(config, 'are not looked at');
  const log = createLogger('warn');
  const erased = await withClickHouse(config, log, (endpoint) =>
    eraseUser(whose, { endpoint, database, dataDir, waitMs: WAIT_MS, nowMs: Date.now, log }),
  );
  return report(whose, erased);
});

function readCommandLine(): ErasedUser {
  const { values } = readArguments({
    options: { user: { type: 'string' }, application: { type: 'string' } },
  });
  const { user, application } = values;
  return {
    user: nameOf('--user', user),
    application: application === undefined ? undefined : nameOf('--application', application),
  };
}

function nameOf(option: string, text: string | undefined): string {
  if (text !== undefined && text !== '' && !isLongerThan(text, MAX_NAME_CHARACTERS)) return text;
  throw new UsageError(`${option}: received ${show(text)}, expected a name of 1 to ${MAX_NAME_CHARACTERS} characters`);
}

/** Prints what was erased; returns the exit code it means. */
function report(
  { user }: ErasedUser,
  { events, rejected, countedHours, journals: { rows, remaining } }: Erased,
): number {
  console.log(
    `erased ${pluralize(events, 'event')}, ${pluralize(rejected, 'rejected text')}, ` +
      `${pluralize(rows, 'row')} of waiting journals of user ${JSON.stringify(user)}`,
  );
  if (countedHours > 0)
    console.log(
      `left the counts of ${pluralize(countedHours, 'hour')} as they were, which have a hash of the user: raw events of them are gone`,
    );
  if (remaining.length === 0) return 0;
  console.error(
    `${pluralize(remaining.length, 'segment')} of the journal may hold more and did not reach ClickHouse within ` +
      `${WAIT_MS / 1000} s: ${remaining.join(', ')}. Run this again when they have.`,
  );
  return 1;
}
