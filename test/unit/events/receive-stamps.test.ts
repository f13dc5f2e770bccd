import { expect } from 'chai';
import { ReceiveStamps } from '../../../server/events/receive-stamps.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function take(stamps: ReceiveStamps, count: number) {
  return Array.from({ length: count }, () => stamps.next());
}

function expectInOrder(taken: readonly { receivedAtUs: number; eventId: string }[]) {
  for (const [index, { receivedAtUs, eventId }] of taken.entries()) {
    expect(eventId).to.match(UUID_V7);
    const before = taken[index - 1];
    if (before === undefined) continue;
    expect(receivedAtUs).to.be.above(before.receivedAtUs);
    expect(eventId > before.eventId, `${eventId} after ${before.eventId}`).to.equal(true);
  }
}

describe('ReceiveStamps', () => {
  it('gives the time of the clock in microseconds, and ids of that time', () => {
    const stamps = new ReceiveStamps(
      () => 1_700_000_000_000.25,
      () => 0.5,
    );
    const { receivedAtUs, eventId } = stamps.next();
    expect(receivedAtUs).to.equal(1_700_000_000_000_250);
    expect(Number.parseInt(eventId.replaceAll('-', '').slice(0, 12), 16)).to.equal(1_700_000_000_000);
    expect(Number.parseInt(eventId.slice(15, 18), 16)).to.equal(250);
  });

  it('goes on when the clock stands still, also past the millisecond', () => {
    const taken = take(
      new ReceiveStamps(
        () => 1_700_000_000_000,
        () => 0.1,
      ),
      2500,
    );
    expectInOrder(taken);
    expect(taken.at(-1)?.receivedAtUs).to.equal(1_700_000_000_002_499);
  });

  it('goes on when the clock goes back, and follows it again once it has caught up', () => {
    const times = [1_700_000_000_000, 1_699_999_000_000, 0, 1_700_000_000_000, 1_700_000_005_000];
    const clock = times.values();
    const stamps = new ReceiveStamps(
      () => clock.next().value ?? 0,
      () => 0.9,
    );
    const taken = take(stamps, times.length);
    expectInOrder(taken);
    expect(taken.at(-1)?.receivedAtUs).to.equal(1_700_000_005_000_000);
  });

  it('says beside that what the clock says, also once it has gone back, and not the same twice while it stands still', () => {
    const times = [7_200_000, 7_200_000, 60_000, 60_000, 60_001, 7_200_000];
    const clock = times.values();
    const stamps = new ReceiveStamps(
      () => clock.next().value ?? 0,
      () => 0.9,
    );
    const taken = take(stamps, times.length);
    expect(taken.map(({ clockUs }) => clockUs)).to.deep.equal([
      7_200_000_000, 7_200_000_001, 60_000_000, 60_000_001, 60_001_000, 7_200_000_000,
    ]);
    expectInOrder(taken);
  });

  it('makes valid ids of whatever chance gives, and other ones in another process', () => {
    const chances = [0, 0.25, 0.5, 0.999_999_999_999_999_9];
    const ids = chances.map(
      (chance) =>
        new ReceiveStamps(
          () => 1_700_000_000_000,
          () => chance,
        ).next().eventId,
    );
    for (const id of ids) expect(id).to.match(UUID_V7);
    expect(new Set(ids).size).to.equal(chances.length);
  });
});
