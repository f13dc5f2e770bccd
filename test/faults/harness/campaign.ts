import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Break } from './breaks/breaks.ts';
import { ClickHouseProcess } from './clickhouse-process.ts';
import type { FailPointHits } from './fault-server.ts';
import { seeded, type Random } from '../../support/events/random.ts';
import { runScenario, type Outcome } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

export interface CampaignOptions {
  readonly scenarios: readonly Scenario[];
  readonly seed: string;
  /** Goes on picking scenarios for so long; undefined: each once, in their order. */
  readonly minutes: number | undefined;
  readonly broken: Break | undefined;
  /** Holds ClickHouse and the journals; what is left of it at the end is worth a look. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly onOutcome: (outcome: Outcome) => void;
}

export interface Campaign {
  readonly seed: string;
  readonly minutes: number | undefined;
  readonly broken: Break | undefined;
  /** Not everything that was asked for was done. */
  readonly isInterrupted: boolean;
  readonly outcomes: readonly Outcome[];
  readonly hits: FailPointHits;
  readonly seconds: number;
}

/** Runs scenarios one after the other, over one ClickHouse. */
export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const { seed, broken, directory, signal, onOutcome } = options;
  const started = performance.now();
  const outcomes: Outcome[] = [];
  const hits: FailPointHits = { passed: new Map(), died: new Map() };
  const engineDirectory = path.join(directory, 'clickhouse');
  const clickhouse = await ClickHouseProcess.start(engineDirectory);
  try {
    for (const scenario of order(options)) {
      if (signal.aborted) break;
      // One scenario alone can be run again with the seed that it had among others.
      const own = options.scenarios.length === 1 && options.minutes === undefined;
      const scenarioSeed = own ? seed : `${seed}.${outcomes.length + 1}`;
      const outcome = await runScenario({
        scenario,
        seed: scenarioSeed,
        clickhouse,
        directory,
        hits,
        broken,
      });
      outcomes.push(outcome);
      onOutcome(outcome);
    }
  } finally {
    await clickhouse.stop();
    await rm(engineDirectory, { recursive: true, force: true });
  }
  const { minutes } = options;
  const seconds = (performance.now() - started) / 1000;
  return { seed, minutes, broken, isInterrupted: signal.aborted, outcomes, hits, seconds };
}

function* order({ scenarios, seed, minutes }: CampaignOptions): Generator<Scenario> {
  if (minutes === undefined) {
    yield* scenarios;
    return;
  }
  const random = seeded(seed);
  const deadline = Date.now() + minutes * 60_000;
  while (Date.now() < deadline) yield pickByWeight(scenarios, random);
}

function pickByWeight(scenarios: readonly Scenario[], random: Random): Scenario {
  const total = scenarios.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let left = random.next() * total;
  for (const scenario of scenarios) {
    left -= scenario.weight ?? 1;
    if (left < 0) return scenario;
  }
  return random.pick(scenarios);
}
