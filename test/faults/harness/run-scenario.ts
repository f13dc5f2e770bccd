import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageWithCauses } from '../../../server/common/errors.ts';
import type { Break } from './breaks/breaks.ts';
import { clickBesideBacklog, FRESH_MS } from './bystanders.ts';
import { CutMachine } from './disks/cut-machine.ts';
import { checkLedger, type Counts, type Violation } from './check-ledger.ts';
import type { ClickHouseProcess } from './clickhouse-process.ts';
import type { FailPointHits } from './fault-server.ts';
import { seeded } from '../../support/events/random.ts';
import type { Scenario } from './scenario.ts';
import { World } from './world.ts';

export interface RunOptions {
  readonly scenario: Scenario;
  readonly seed: string;
  readonly clickhouse: ClickHouseProcess;
  /** Where the directories of scenarios are made; that of one with a violation stays. */
  readonly directory: string;
  readonly hits: FailPointHits;
  readonly broken?: Break | undefined;
  /** Within which a click must be seen once all is healed. Omitted: as promised. */
  readonly freshMs?: number;
}

/** What came out of one run of one scenario. */
export interface Outcome extends Counts {
  readonly scenario: string;
  readonly seed: string;
  readonly seconds: number;
  readonly serverKills: number;
  readonly clickhouseKills: number;
  /** How many requests got which status; `cut` is none. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
  /** Where the journals are, when there are violations. */
  readonly kept?: string;
  /** Why it was not run on this machine. */
  readonly skipped?: string;
}

const NOTHING: Counts = {
  sent: 0,
  acknowledged: 0,
  stored: 0,
  counted: 0,
  rejected: 0,
  waiting: 0,
  lost: 0,
  twice: 0,
};

/** Runs a scenario, heals what it broke, and holds the books against each other. Does not throw for what it finds. */
export async function runScenario(options: RunOptions): Promise<Outcome> {
  const { scenario, seed, broken, hits, freshMs = FRESH_MS } = options;
  const skipped = await scenario.whyNot?.();
  if (skipped !== undefined) return skippedOutcome(options, skipped);
  const started = performance.now();
  // Short: the path of a lock below it may have 103 bytes.
  const directory = await mkdtemp(path.join(options.directory, 's-'));
  const machine = scenario.isOnOwnDisk === true ? await CutMachine.start(directory) : undefined;
  const clickhouse = machine?.clickhouse ?? options.clickhouse;
  const kills = clickhouse.kills;
  const world = new World({ clickhouse, machine, random: seeded(seed), directory, hits, broken });
  const violations: Violation[] = [];
  let counts = NOTHING;
  try {
    await world.open();
    const failures = [await failureOf(scenario.run(world)), await failureOf(world.heal())];
    const late = await failureOf(clickBesideBacklog(world, freshMs));
    failures.push(await failureOf(world.settle()));
    addUnlessEmpty(violations, 'the scenario goes as it must', failures.flat());
    addUnlessEmpty(violations, 'a click is seen within two seconds, whatever waits', late);
    addUnlessEmpty(violations, 'a server ends only when it is told to, and in order', world.crashes);
    const checked = checkLedger(world.ledger, await world.stored(), world.exceptions);
    ({ counts } = checked);
    violations.push(...checked.violations);
  } catch (error) {
    violations.push({ promise: 'the scenario can be checked', facts: [messageWithCauses(error)] });
  } finally {
    violations.push(...(await closingFailures(world)));
    addUnlessEmpty(violations, 'what was started can be ended', await failureOf(closed(machine)));
  }
  if (violations.length === 0) await rm(directory, { recursive: true, force: true });
  return {
    ...counts,
    scenario: scenario.name,
    seed,
    seconds: (performance.now() - started) / 1000,
    serverKills: world.serverKills,
    clickhouseKills: clickhouse.kills - kills,
    statuses: world.ledger.statuses,
    violations,
    ...(violations.length === 0 ? {} : { kept: directory }),
  };
}

function skippedOutcome({ scenario, seed }: RunOptions, skipped: string): Outcome {
  const nothing = { seconds: 0, serverKills: 0, clickhouseKills: 0, statuses: {}, violations: [] };
  return { ...NOTHING, ...nothing, scenario: scenario.name, seed, skipped };
}

async function closed(machine: CutMachine | undefined): Promise<void> {
  await machine?.close();
}

async function failureOf(work: Promise<void>): Promise<string[]> {
  return await work.then(
    () => [],
    (error: unknown) => [messageWithCauses(error)],
  );
}

async function closingFailures(world: World): Promise<Violation[]> {
  const facts = await failureOf(world.clickhouse.heal().then(async () => world.closing.close()));
  return facts.length === 0 ? [] : [{ promise: 'what was started can be ended', facts }];
}

function addUnlessEmpty(violations: Violation[], promise: string, facts: readonly string[]): void {
  if (facts.length > 0) violations.push({ promise, facts });
}
