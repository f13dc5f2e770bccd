import { expect } from 'chai';
import { initial, isAtRest, steps, violation, violationAtRest, type Sabotage, type State } from './delivery.ts';

/** What was found: how many states there are, and how one comes to a wrong one. */
interface Exploration {
  readonly states: number;
  readonly atRest: number;
  readonly trace: readonly string[] | undefined;
}

const SABOTAGES: readonly Sabotage[] = [
  'acknowledge before sync',
  'remove before stored',
  'count rows',
  'swallow what was sent before',
];

/** Tries every order of steps, the short ones first, up to the first state that is wrong. */
function explore(first: State, sabotage?: Sabotage): Exploration {
  const cameFrom = new Map<string, readonly [parent: string, step: string]>();
  const traceTo = (key: string, wrong: string): string[] => {
    const trace = [wrong];
    for (let at = cameFrom.get(key); at !== undefined && at[1] !== ''; at = cameFrom.get(at[0])) trace.unshift(at[1]);
    return trace;
  };
  const keyOfFirst = JSON.stringify(first);
  cameFrom.set(keyOfFirst, ['', '']);
  let edge = [keyOfFirst];
  let atRest = 0;
  while (edge.length > 0) {
    const next: string[] = [];
    for (const key of edge) {
      const state = JSON.parse(key) as State;
      const isResting = isAtRest(state);
      atRest += isResting ? 1 : 0;
      const wrong = violation(state) ?? (isResting ? violationAtRest(state) : undefined);
      if (wrong !== undefined) return { states: cameFrom.size, atRest, trace: traceTo(key, wrong) };
      for (const [step, after] of steps(state, sabotage)) {
        const keyAfter = JSON.stringify(after);
        if (cameFrom.has(keyAfter)) continue;
        cameFrom.set(keyAfter, [key, step]);
        next.push(keyAfter);
      }
    }
    edge = next;
  }
  return { states: cameFrom.size, atRest, trace: undefined };
}

describe('The model of delivery', () => {
  it('loses nothing and counts each identity once, whatever is killed and in whatever order', function () {
    const { states, atRest, trace } = explore({ ...initial, unsent: process.env['MODEL'] ?? 'aab' });
    if (trace !== undefined) expect.fail(trace.join('\n'));
    expect(states).to.be.greaterThan(10_000);
    expect(atRest).to.be.greaterThan(0);
  });

  it('bisects what is refused without notes, and keeps the refused row once', () => {
    const { atRest, trace } = explore({ ...initial, unsent: 'ax' });
    if (trace !== undefined) expect.fail(trace.join('\n'));
    expect(atRest).to.be.greaterThan(0);
  });

  for (const sabotage of SABOTAGES) {
    it(`notices when it is built to ${sabotage}`, () => {
      expect(explore({ ...initial, unsent: 'aa' }, sabotage).trace, sabotage).not.to.equal(undefined);
    });
  }
});
