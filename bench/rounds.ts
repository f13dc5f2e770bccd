import { pause } from '../server/common/retry.ts';
import { deliver } from './traffic/delivery.ts';
import { createHttpClient } from './load/http-client.ts';
import { runLoad } from './load/http-load.ts';
import { createLatency } from './measure/latency.ts';
import { measure, type Measurement } from './measure/measure.ts';
import { cpuSeconds } from './measure/process-cpu.ts';
import type { Process, Scenario } from './scenarios.ts';
import { median } from './measure/statistics.ts';

/** So that what a load leaves behind (a batch to ship, parts to merge) is not charged to the next one. */
const SETTLE_MS = 1000;

/** How a benchmark is run. */
export interface RoundPlan {
  readonly rounds: number;
  /** Of each scenario in each round. */
  readonly seconds: number;
  readonly connections: number;
}

/** One scenario over all rounds. */
export interface ScenarioResult {
  readonly name: string;
  /** Medians of the rounds. */
  readonly ratePerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The median of the rate over that of the scenario it is compared with, in the same round. */
  readonly ratio: number;
  /** Processor time an event, in microseconds: of the process that answers, and of it and all behind it. */
  readonly ownUs: number;
  readonly allUs: number;
  /** Sums over the rounds, those of the trickle included. */
  readonly non2xx: number;
  readonly errors: number;
  readonly rounds: readonly CostedMeasurement[];
}

/** With the processor time that each of the processes took, in seconds; it settles for a second after the load. */
export interface CostedMeasurement extends Measurement {
  readonly cpuS: readonly number[];
}

/**
 * Runs the scenarios in turn, several rounds of all. Machines are noisy and drift, so each measurement is compared with
 * the reference, the first scenario, of its own round.
 * @param service origin that trickles are posted to
 * @param onMeasured called after each measurement
 */
export async function runRounds(
  scenarios: readonly Scenario[],
  { rounds, seconds, connections }: RoundPlan,
  service: string,
  onMeasured: (round: number, scenario: Scenario, measured: CostedMeasurement) => void,
  signal: AbortSignal,
): Promise<ScenarioResult[]> {
  const measured = new Map<Scenario, CostedMeasurement[]>(scenarios.map((scenario) => [scenario, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [scenario, measurements] of measured) {
      const before = await cpuOf(scenario.processes);
      const load = await withTrickle(
        scenario,
        service,
        () => measureEvents(scenario, { seconds, connections }, signal),
        signal,
      );
      await pause(SETTLE_MS, signal);
      signal.throwIfAborted();
      const after = await cpuOf(scenario.processes);
      const measurement = { ...load, cpuS: after.map((cpuS, index) => cpuS - (before[index] ?? NaN)) };
      measurements.push(measurement);
      onMeasured(round, scenario, measurement);
    }
  }
  const [first] = measured.keys();
  return [...measured].map(([{ name, comparedWith = first?.name }, each]) => {
    const reference = [...measured].find(([scenario]) => scenario.name === comparedWith)?.[1] ?? [];
    return summarize(name, each, reference);
  });
}

/** The rate is of events, of which a request may bring many. */
async function measureEvents(
  { url, next, events = 1, connections: own }: Scenario,
  { seconds, connections }: Pick<RoundPlan, 'seconds' | 'connections'>,
  signal: AbortSignal,
): Promise<Measurement> {
  const plan = { url, next, connections: own ?? connections, extent: { seconds } };
  const measurement = await measure(plan, signal);
  return { ...measurement, ratePerS: measurement.ratePerS * events };
}

async function cpuOf(processes: readonly Process[]): Promise<number[]> {
  return await Promise.all(processes.map(async ({ pid }) => cpuSeconds(pid)));
}

/** Boils the rounds of one scenario down; `reference` has the same number of rounds. */
export function summarize(
  name: string,
  rounds: readonly CostedMeasurement[],
  reference: readonly Measurement[],
): ScenarioResult {
  const ratios = rounds.map(({ ratePerS }, i) => ratePerS / (reference[i]?.ratePerS ?? NaN));
  return {
    name,
    ratePerS: median(rounds.map((round) => round.ratePerS)),
    p50Ms: median(rounds.map((round) => round.p50Ms)),
    p99Ms: median(rounds.map((round) => round.p99Ms)),
    ratio: median(ratios),
    ownUs: median(rounds.map(({ cpuS: [own], ...round }) => costUs([own ?? NaN], round))),
    allUs: median(rounds.map(({ cpuS, ...round }) => costUs(cpuS, round))),
    non2xx: rounds.reduce((sum, round) => sum + round.non2xx, 0),
    errors: rounds.reduce((sum, round) => sum + round.errors, 0),
    rounds,
  };
}

/** Runs `run` while the scenario's events trickle in; one that is not acknowledged counts as an error. */
async function withTrickle(
  { trickle }: Scenario,
  service: string,
  run: () => Promise<Measurement>,
  signal: AbortSignal,
): Promise<Measurement> {
  if (trickle === undefined) return run();
  const client = createHttpClient(service, { maxConnections: 1 });
  const finished = new AbortController();
  const latency = createLatency();
  let failures = 0;
  const posting = runLoad({
    items: (function* () {
      for (;;) yield trickle.next();
    })(),
    concurrency: 1,
    ratePerS: trickle.ratePerS,
    signal: AbortSignal.any([signal, finished.signal]),
    handle: async (event) => {
      const { outcome } = await deliver(event, client, latency, finished.signal);
      if (outcome !== 'acknowledged') failures += 1;
    },
  });
  try {
    const [measurement] = await Promise.all([run().finally(() => finished.abort()), posting]);
    return { ...measurement, errors: measurement.errors + failures };
  } finally {
    client.close();
  }
}

/** Of an event, in microseconds. */
function costUs(cpuS: readonly number[], { ratePerS, seconds }: Measurement): number {
  return (cpuS.reduce((sum, each) => sum + each, 0) * 1e6) / (ratePerS * seconds);
}
