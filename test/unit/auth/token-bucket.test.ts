import { expect } from 'chai';
import * as fc from 'fast-check';
import { addressRateLimits } from '../../../server/auth/address-rate-limits.ts';
import { parseRate } from '../../../server/auth/parse-rate.ts';
import { TokenBucket } from '../../../server/auth/token-bucket.ts';
import { runs } from '../../support/events/property.ts';

const RATE = { eventsPerSecond: 10, burst: 20 };

function bucket(rate = RATE) {
  let now = 0;
  return { bucket: new TokenBucket(rate, () => now), wait: (ms: number) => (now += ms) };
}

describe('A token bucket', () => {
  it('gives its burst at once, and then its rate', () => {
    const { bucket: tokens, wait } = bucket();
    for (let i = 0; i < 20; i += 1) expect(tokens.take(1)).to.equal(0);
    expect(tokens.take(1)).to.equal(0.1);
    wait(50);
    expect(tokens.take(1)).to.equal(0.05);
    wait(50);
    expect(tokens.take(1)).to.equal(0);
    wait(1_000_000);
    expect(tokens.take(20)).to.equal(0);
    expect(tokens.take(1)).to.equal(0.1);
  });

  it('takes back what it gave, and holds no more than its burst for that', () => {
    const { bucket: tokens } = bucket();
    expect(tokens.take(20)).to.equal(0);
    tokens.giveBack(1);
    expect(tokens.take(1)).to.equal(0);
    tokens.giveBack(30);
    expect(tokens.take(20)).to.equal(0);
    expect(tokens.take(1)).to.equal(0.1);
  });

  it('lets what is more than it holds pass when it is full, and is in debt after', () => {
    const { bucket: tokens, wait } = bucket();
    expect(tokens.take(100)).to.equal(0);
    expect(tokens.take(1)).to.equal(8.1);
    wait(8_100);
    expect(tokens.take(1)).to.equal(0);
    expect(tokens.take(100)).to.equal(2);
  });

  it('lets a body pass that is more than it holds, also when one of it was taken before', () => {
    const { bucket: tokens } = bucket();
    expect(tokens.take(1)).to.equal(0);
    expect(tokens.take(24, 1)).to.equal(0);
    expect(tokens.take(1)).to.equal(0.6);
  });

  it('gives back what was taken of a body that does not pass, so that it does when it was told to come', () => {
    const { bucket: tokens, wait } = bucket();
    expect(tokens.take(15)).to.equal(0);
    expect(tokens.take(1)).to.equal(0);
    expect(tokens.take(9, 1)).to.equal(0.5);
    wait(500);
    expect(tokens.take(1)).to.equal(0);
    expect(tokens.take(9, 1)).to.equal(0);
  });

  it('tells the truth about when to come back, and never gives more than burst, rate and one overdraft', () => {
    const step = fc.record({ waitMs: fc.nat(3000), tokens: fc.integer({ min: 1, max: 50 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const { bucket: tokens, wait } = bucket();
        let elapsedMs = 0;
        let given = 0;
        for (const { waitMs, tokens: wanted } of steps) {
          elapsedMs += waitMs;
          wait(waitMs);
          const waitS = tokens.take(wanted);
          if (waitS > 0) {
            // Seconds are rounded up for a Retry-After, and so may this be.
            const enoughMs = waitS * 1000 + 0.001;
            elapsedMs += enoughMs;
            wait(enoughMs);
            expect(tokens.take(wanted)).to.equal(0);
          }
          given += wanted;
        }
        expect(given).to.be.at.most(RATE.burst + (elapsedMs / 1000) * RATE.eventsPerSecond + 50);
      }),
      runs(),
    );
  });
});

describe('The rate limit of an address', () => {
  it('is its own, and for IPv6 that of its network', () => {
    const of = addressRateLimits(RATE, () => 0);
    expect(of('192.0.2.1')).to.equal(of('192.0.2.1'));
    expect(of('192.0.2.1')).not.to.equal(of('192.0.2.2'));
    const same = ['2001:db8:0:1::', '2001:db8:0:1::5', '2001:db8:0:1:ffff:ffff:ffff:ffff', '2001:db8::1:0:0:0:7'];
    expect(new Set(same.map(of)).size).to.equal(1);
    expect(of('2001:db8:0:2::')).not.to.equal(of('2001:db8:0:1::'));
    expect(of('::1')).not.to.equal(of('2001:db8::1'));
  });
});

describe('parseRate', () => {
  it('reads the rate, with a second of it as burst unless another is given', () => {
    expect(parseRate({ events_per_second: 5 })).to.deep.equal({ eventsPerSecond: 5, burst: 5 });
    expect(parseRate({ events_per_second: 0.1 })).to.deep.equal({ eventsPerSecond: 0.1, burst: 1 });
    expect(parseRate({ events_per_second: 5, burst: 50 })).to.deep.equal({ eventsPerSecond: 5, burst: 50 });
  });

  it('refuses everything else, saying what it expected', () => {
    const wrong = [
      undefined,
      null,
      5,
      [],
      {},
      { events_per_second: 0 },
      { events_per_second: '5' },
      { events_per_second: 5, burst: 0.5 },
      { events_per_second: 5, burst: null },
      { events_per_second: 1e10 },
      { events_per_second: 5, requests: 5 },
    ];
    for (const value of wrong) {
      expect(() => parseRate(value), JSON.stringify(value)).to.throw('expected {"events_per_second": N');
    }
  });
});
