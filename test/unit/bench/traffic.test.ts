import { expect } from 'chai';
import { HOUR_MS, hourStart } from '../../../bench/traffic/hour.ts';
import { take } from '../../../bench/load/http-load.ts';
import { events, HISTORIC_HOURS, questions, randomSource, userNames } from '../../../bench/traffic/traffic.ts';

const NOW_MS = Date.UTC(2026, 4, 6, 13, 14, 15, 16);
const now = () => NOW_MS;

describe('traffic', () => {
  it('is the same for the same seed, and another for another seed', () => {
    const users = userNames('run', 10, 7);
    const draw = (seed: number) => [...take(events(randomSource(seed), users, now), 200)];
    expect(draw(7)).to.deep.equal(draw(7));
    expect(draw(8)).to.not.deep.equal(draw(7));
  });

  it('puts 95 % of the events in the current hour and 5 % in the hours before', () => {
    const drawn = [...take(events(randomSource(1), ['u'], now), 20_000)];
    const historic = drawn.filter(({ timestampMs }) => timestampMs !== NOW_MS);
    expect(historic.length).to.be.within(900, 1100);
    const hours = new Set(historic.map(({ timestampMs }) => (hourStart(NOW_MS) - hourStart(timestampMs)) / HOUR_MS));
    expect([...hours].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: HISTORIC_HOURS }, (_, i) => i + 1));
  });

  it('splits the questions the same way', () => {
    const drawn = [...take(questions(randomSource(1), now), 20_000)];
    expect(drawn.filter((timestampMs) => timestampMs !== NOW_MS).length).to.be.within(900, 1100);
  });

  it('draws clicks and impressions of all users of the pool, and of nobody else', () => {
    const users = userNames('run', 20, 1);
    const drawn = [...take(events(randomSource(1), users, now), 2000)];
    expect(new Set(drawn.map(({ user }) => user))).to.deep.equal(new Set(users));
    expect(new Set(drawn.map(({ kind }) => kind))).to.deep.equal(new Set(['click', 'impression']));
  });

  it('follows the clock into the next hour', () => {
    let nowMs = hourStart(NOW_MS) + HOUR_MS - 1;
    const endless = events(randomSource(2), ['u'], () => (nowMs += 1));
    expect(endless.next().value.timestampMs).to.equal(hourStart(NOW_MS) + HOUR_MS);
  });
});

describe('user names', () => {
  it('are all different and start with the prefix of the run', () => {
    const users = userNames('sim-1', 5000, 3);
    expect(new Set(users).size).to.equal(5000);
    expect(users.every((user) => user.startsWith('sim-1.') && user.length <= 256)).to.equal(true);
  });
});
