import { statusOperations } from '../../../server/http/routes/status.ts';
import { httpDependencies } from '../../support/server/http-dependencies.ts';
import { expect } from 'chai';
import { Admission, NEVER_SHED } from '../../../server/http/server/load-shedding.ts';

const LIMITS = {
  longTurnMs: 25,
  longTurnRequests: 50,
  longTurns: 3,
  writeTurnMs: 3,
  readTurnMs: 50,
  calmMs: 100,
};

/** An admission whose clock and turns are the test's. */
function admission() {
  let now = 0;
  let end: (() => void) | undefined;
  const door = new Admission({
    limits: LIMITS,
    nowMs: () => now,
    atEndOfTurn: (callback) => (end = callback),
  });
  return {
    door,
    wait: (ms: number) => (now += ms),
    /** A turn of requests: one that is taken takes so long, and to refuse one a hundredth of that. How many were taken. */
    turn: (requests: number, eachMs: number, isWrite = true) => {
      let taken = 0;
      for (let i = 0; i < requests; i += 1) {
        const isTaken = door.takes(isWrite);
        if (isTaken) taken += 1;
        now += isTaken ? eachMs : eachMs / 100;
      }
      end?.();
      return taken;
    },
  };
}

function overloaded() {
  const made = admission();
  for (let i = 0; i < LIMITS.longTurns; i += 1) made.turn(100, 0.5);
  expect(made.door.state).to.equal('shedding');
  return made;
}

describe('Admission', () => {
  it('takes everything while turns are short, however many requests there are', () => {
    const { door, turn } = admission();
    for (let i = 0; i < 1000; i += 1) expect(turn(100, 0.2)).to.equal(100);
    expect(door.state).to.equal('open');
  });

  it('takes bursts, however long, as long as they end', () => {
    const { door, turn } = admission();
    for (let i = 0; i < 100; i += 1) {
      expect(turn(1000, 1)).to.equal(1000);
      expect(turn(1000, 1)).to.equal(1000);
      turn(1, 1);
    }
    expect(door.state).to.equal('open');
  });

  it('does not take other work, or a machine without time, for too many requests', () => {
    const { door, turn } = admission();
    for (let i = 0; i < 100; i += 1) expect(turn(LIMITS.longTurnRequests - 1, 10)).to.equal(49);
    expect(door.state).to.equal('open');
  });

  it('sheds writes before reads once long turns have no end', () => {
    const { door, turn } = overloaded();
    // A first turn may take a third of what the last one took.
    turn(100, 0.01);
    expect(turn(100, 0.125)).to.equal(24);
    expect(turn(100, 0.125, false)).to.equal(100);
    expect(turn(1000, 0.125, false)).to.equal(400);
    expect(door.state).to.equal('shedding');
  });

  it('keeps a share of the time for writes when refusing alone fills the turns', () => {
    const { turn } = overloaded();
    for (let i = 0; i < 20; i += 1) turn(6000, 0.5);
    // 6000 refusals take 30 ms, and those that are taken half as long.
    expect(turn(6000, 0.5)).to.be.within(29, 31);
  });

  it('is open again as soon as nothing had to be refused for a while', () => {
    const { door, turn, wait } = overloaded();
    turn(1000, 0.1);
    wait(LIMITS.calmMs / 2);
    turn(1, 0.1);
    expect(door.state).to.equal('shedding');
    wait(LIMITS.calmMs / 2);
    turn(1, 0.1);
    expect(door.state).to.equal('open');
    expect(turn(1000, 0.1)).to.equal(1000);
  });

  it('names as Retry-After what was refused over what was taken, from 1 to 60 seconds', () => {
    const { door, turn, wait } = overloaded();
    const forSeconds = (requests: number) => {
      for (let i = 0; i < 1000; i += 1) turn(requests, 0.5);
    };
    expect(door.retryAfterS).to.equal(1);
    // Six of them fit into a turn.
    forSeconds(24);
    expect(door.retryAfterS).to.equal(3);
    forSeconds(600);
    expect(door.retryAfterS).to.equal(60);
    wait(2000);
    turn(1, 0);
    wait(2000);
    turn(1, 0);
    expect(door.retryAfterS).to.equal(1);
  });
});

describe('Load shedding', () => {
  it('never sheds what operators ask, and nothing else', () => {
    const forOperators = statusOperations(httpDependencies).map(({ path }) => path);
    expect([...NEVER_SHED].sort()).to.deep.equal(forOperators.sort());
  });
});
