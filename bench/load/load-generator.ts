import { fork } from 'node:child_process';
import { once } from 'node:events';
import { programFile } from '../../server/common/project-root.ts';
import type { Verdict } from './outcomes.ts';
import type { Phase, PhaseResult } from './open-loop.ts';
import type { Order } from './open-loop-process.ts';

/** The load generator, in a process of its own. One thing at a time. */
export interface LoadGenerator {
  run(phase: Phase): Promise<PhaseResult>;
  /** Holds what ClickHouse has against all that was sent so far. */
  check(endpoint: Extract<Order, { kind: 'check' }>): Promise<Verdict>;
  close(): Promise<void>;
}

/** @param eventsPerRequest 1 to 254 */
export function startLoadGenerator(eventsPerRequest: number, signal: AbortSignal): LoadGenerator {
  const child = fork(programFile('bench/load/open-loop-process.js'), [String(eventsPerRequest)]);
  const ask = async <Result>(order: Order): Promise<Result> => {
    child.send(order);
    const ended = once(child, 'exit', { signal }).then(() => {
      throw new Error('the load generator ended');
    });
    const [result] = (await Promise.race([once(child, 'message', { signal }), ended])) as [Result];
    return result;
  };
  return {
    run: async (phase) => ask<PhaseResult>({ kind: 'phase', phase }),
    check: async (order) => ask<Verdict>(order),
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
