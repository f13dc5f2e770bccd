import { show } from '../../../server/common/errors.ts';
import type { Scenario } from '../harness/scenario.ts';
import { clickhouseFrozen, clickhouseStopped } from './clickhouse/clickhouse-unavailable.ts';
import { clickhouseKilledInsideInsert } from './clickhouse/clickhouse-killed-inside-insert.ts';
import { clickhouseRefuses } from './clickhouse/clickhouse-refuses.ts';
import { clockSteps } from './clock-steps.ts';
import { columnTypeChanged } from './clickhouse/column-type-changed.ts';
import { commitFaults } from './clickhouse/commit-fault.ts';
import {
  connectionCutAfterCommit,
  connectionCutInside,
  connectionSlow,
  connectionTruncates,
} from './clickhouse/connection-faults.ts';
import { diskFails } from './disk/disk-fails.ts';
import { diskFull } from './disk/disk-full.ts';
import { duplicatesByClients } from './duplicates-by-clients.ts';
import { eraseUnderLoad } from './erase-under-load.ts';
import { hostileBodies } from './hostile-bodies.ts';
import { hostileClients } from './hostile-clients.ts';
import {
  journalBadFiles,
  journalDeleted,
  journalFlipped,
  journalGarbage,
  journalTruncated,
} from './disk/journal-damaged.ts';
import { databaseRestored, journalShippedAgain } from './disk/journal-shipped-again.ts';
import { killsAtRandom } from './kills-at-random.ts';
import { migrationsMeanwhile } from './clickhouse/migrations-meanwhile.ts';
import { outOfFiles } from './clickhouse/out-of-files.ts';
import { poisonRows } from './clickhouse/poison-row.ts';
import { powerCut, powerCutAfterMerges } from './disk/power-cut.ts';
import { powerLosses } from './disk/power-losses.ts';
import { serverDiesAtFailPoints } from './server-dies-at-fail-points.ts';
import { serversShareAJournal } from './servers-share-a-journal.ts';
import { sigtermUnderLoad } from './sigterm-under-load.ts';

/** Every way in which things go wrong that the service is known to stand. */
export const SCENARIOS: readonly Scenario[] = [
  serverDiesAtFailPoints,
  killsAtRandom,
  powerLosses,
  powerCut,
  powerCutAfterMerges,
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
  journalBadFiles,
  journalShippedAgain,
  databaseRestored,
  clockSteps,
  duplicatesByClients,
  eraseUnderLoad,
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
