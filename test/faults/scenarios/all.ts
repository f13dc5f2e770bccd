import { show } from '../../../server/errors.ts';
import type { Scenario } from '../harness/scenario.ts';
import { clickhouseFrozen, clickhouseStopped } from './clickhouse-away.ts';
import { clickhouseKilledInsideInsert } from './clickhouse-killed-inside-insert.ts';
import { clickhouseRefuses } from './clickhouse-refuses.ts';
import { clockSteps } from './clock-steps.ts';
import { columnTypeChanged } from './column-type-changed.ts';
import { commitFaults } from './commit-fault.ts';
import {
  connectionCutAfterCommit,
  connectionCutInside,
  connectionSlow,
  connectionTruncates,
} from './connection-faults.ts';
import { diskFails } from './disk-fails.ts';
import { diskFull } from './disk-full.ts';
import { duplicatesByClients } from './duplicates-by-clients.ts';
import { hostileBodies } from './hostile-bodies.ts';
import { hostileClients } from './hostile-clients.ts';
import { journalDeleted, journalFlipped, journalGarbage, journalTruncated } from './journal-damaged.ts';
import { databaseRestored, journalShippedAgain } from './journal-shipped-again.ts';
import { killsAtRandom } from './kills-at-random.ts';
import { migrationsMeanwhile } from './migrations-meanwhile.ts';
import { outOfFiles } from './out-of-files.ts';
import { poisonRows } from './poison-row.ts';
import { powerCut } from './power-cut.ts';
import { powerLosses } from './power-losses.ts';
import { serverDiesAtFailPoints } from './server-dies-at-fail-points.ts';
import { serversShareAJournal } from './servers-share-a-journal.ts';
import { sigtermUnderLoad } from './sigterm-under-load.ts';

/** Every way in which things go wrong that the service is known to stand. */
export const SCENARIOS: readonly Scenario[] = [
  serverDiesAtFailPoints,
  killsAtRandom,
  powerLosses,
  powerCut,
  sigtermUnderLoad,
  serversShareAJournal,
  clickhouseKilledInsideInsert,
  ...commitFaults,
  clickhouseStopped,
  clickhouseFrozen,
  ...clickhouseRefuses,
  connectionCutAfterCommit,
  connectionCutInside,
  connectionTruncates,
  connectionSlow,
  columnTypeChanged,
  ...poisonRows,
  migrationsMeanwhile,
  diskFull,
  diskFails,
  outOfFiles,
  journalTruncated,
  journalFlipped,
  journalDeleted,
  journalGarbage,
  journalShippedAgain,
  databaseRestored,
  clockSteps,
  duplicatesByClients,
  hostileClients,
  ...hostileBodies,
];

/** @throws Error when there is none of this name */
export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const names = SCENARIOS.map((scenario) => scenario.name);
  throw new Error(`received the scenario ${show(name)}, expected one of ${names.join(', ')}`);
}
