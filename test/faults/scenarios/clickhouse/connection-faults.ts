import { eventually } from '../../../support/http/outcome.ts';
import { PASS, type Fault } from '../../../support/server/proxy.ts';
import type { Random } from '../../../support/events/random.ts';
import type { Scenario } from '../../harness/scenario.ts';

/** Of the INSERTs, so many get this fault; the others pass, so that time goes on. */
const SHARE = 0.7;

/** So many get it, however slow the machine. */
const LEAST = 3;

export const connectionCutAfterCommit = connectionFault(
  'connection-cut-after-commit',
  'ClickHouse stores an INSERT and its answer is lost, again and again',
  () => ({ do: 'cut after' }),
);

export const connectionCutInside = connectionFault(
  'connection-cut-inside',
  'The connection to ClickHouse is cut before or in the middle of an INSERT',
  (random) => ({ do: random.isTrue(0.7) ? 'cut inside' : 'cut before' }),
);

export const connectionTruncates = connectionFault(
  'connection-truncates',
  'Half of the answer of ClickHouse arrives',
  () => ({ do: 'truncate' }),
);

export const connectionSlow = connectionFault(
  'connection-slow',
  'INSERTs start late, or arrive in small pieces',
  (random) => (random.isTrue(0.5) ? { do: 'delay', ms: 600 } : { do: 'drip', ms: 600 }),
);

function connectionFault(name: string, what: string, fault: (random: Random) => Fault): Scenario {
  return {
    name,
    what,
    run: async (world) => {
      const { random } = world;
      await world.breakView(await world.startServer());
      let struck = 0;
      world.onInsert(() => {
        if (!random.isTrue(SHARE)) return PASS;
        struck += 1;
        return fault(random);
      });
      world.traffic();
      await world.pause(2000, 3500);
      await eventually(() => {
        if (struck < LEAST) throw new Error(`${struck} INSERTs were struck, expected ${LEAST}`);
      }, 60_000);
    },
  };
}
