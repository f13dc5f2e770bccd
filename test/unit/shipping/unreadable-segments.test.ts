import { chmod, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { deferred } from '../../../server/common/deferred.ts';
import { UNREADABLE_PAUSE_MS } from '../../../server/shipping/limits.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { unprivileged } from '../../support/unprivileged.ts';
import { INTERVAL_MS, row, ShippingByHand, UNREACHABLE } from './shipping-by-hand.ts';

describe('Shipper, with a file that cannot be read', function () {
  this.timeout(30_000);
  let temp: TempDir;
  let hand: ShippingByHand;

  beforeEach(async () => {
    temp = await tempDir();
    hand = new ShippingByHand(temp.path);
  });

  afterEach(async () => {
    await hand.shipper.close(0);
    await temp.remove();
  });

  const files = async () => (await readdir(temp.path)).length;

  it('puts it into quarantine instead of counting its rows as stored, and ships the others', async () => {
    const [cut, kept] = [await hand.segment(row('a'), row('b')), await hand.segment(row('kept'))];
    await truncate(cut.path, row('a').length);
    await hand.ship(cut);
    await hand.ship(kept);
    await hand.pass(2 * INTERVAL_MS);
    expect(hand.sentIds).to.deep.equal(['kept']);
    expect(hand.backlog.segments).to.equal(0);
    expect(await readdir(temp.path)).to.deep.equal(['quarantine']);
    expect(await readdir(path.join(temp.path, 'quarantine'))).to.deep.equal([path.basename(cut.path)]);
  });

  it('keeps it while there is no quarantine, and nothing else back, until there is one', async () => {
    const segments = [];
    for (const name of ['cut', 'a', 'b']) segments.push(await hand.segment(row(name)));
    const [cut] = segments;
    if (cut !== undefined) await truncate(cut.path, 1);
    const quarantine = path.join(temp.path, 'quarantine');
    await writeFile(quarantine, 'in the way');
    for (const segment of segments) hand.shipper.ship(segment);
    await hand.pass(5 * INTERVAL_MS);
    await hand.write(row('later'));
    expect(hand.sent.flatMap(({ ids }) => ids).sort()).to.deep.equal(['a', 'b', 'later']);
    expect([hand.backlog.segments, await files(), hand.shipper.state.backlog]).to.deep.equal([1, 2, 'idle']);
    await rm(quarantine);
    await hand.pass(UNREADABLE_PAUSE_MS);
    expect([hand.backlog.segments, await readdir(temp.path)]).to.deep.equal([0, ['quarantine']]);
  });

  it('keeps it while this user may not read it, says so, and sends it when it may', async () => {
    const [shut, kept] = [await hand.segment(row('shut')), await hand.segment(row('kept'))];
    await chmod(temp.path, 0o777);
    await chmod(shut.path, 0o000);
    await unprivileged(async () => {
      hand.shipper.ship(shut);
      hand.shipper.ship(kept);
      await hand.pass(5 * INTERVAL_MS);
    });
    expect([hand.sentIds, await files(), hand.shipper.state.backlog]).to.deep.equal([['kept'], 1, 'idle']);
    expect(hand.shipper.lastError?.message).to.match(/EACCES.*: chown -R \d+ '\S+'; chmod -R u\+rwX '/);
    await chmod(shut.path, 0o600);
    await hand.pass(UNREADABLE_PAUSE_MS);
    expect([hand.sentIds, hand.backlog.segments]).to.deep.equal([['kept', 'shut'], 0]);
    expect(hand.shipper.lastError).to.equal(undefined);
  });

  it('keeps nothing else back, however many there are', async () => {
    const old = await hand.segment(row('old'));
    const shut = await Promise.all(Array.from({ length: 70 }, async () => hand.segment(row('shut'))));
    await chmod(temp.path, 0o777);
    for (const segment of shut) await chmod(segment.path, 0o000);
    await unprivileged(async () => {
      for (const segment of [old, ...shut]) hand.shipper.ship(segment);
      await hand.pass(2 * UNREADABLE_PAUSE_MS);
    });
    expect(hand.sentIds).to.deep.equal(['old']);
    expect([hand.backlog.segments, hand.shipper.state.backlog]).to.deep.equal([70, 'idle']);
  });

  it('does not take ClickHouse for unavailable when it is all that waits', async () => {
    const segment = await hand.segment(row('a'));
    await chmod(temp.path, 0o777);
    hand.answer = async () => Promise.reject(UNREACHABLE);
    await hand.ship(segment);
    expect(hand.shipper.isUnavailable).to.equal(true);
    hand.answer = async () => undefined;
    await chmod(segment.path, 0o000);
    await unprivileged(async () => hand.pass(2 * INTERVAL_MS));
    expect(hand.shipper.isUnavailable).to.equal(false);
    expect(hand.shipper.lastError?.message).to.match(/EACCES/);
  });

  it('does so for each half of a mixed one', async () => {
    const answer = deferred<void>();
    hand.answer = async () => answer.promise;
    await hand.write(row('first'));
    await hand.write(row('new'), row('old', true));
    const [cut = ''] = (await readdir(temp.path)).slice(-1);
    await truncate(path.join(temp.path, cut), row('new').length);
    answer.resolve();
    await hand.pass(3 * INTERVAL_MS);
    expect(hand.sentIds).to.deep.equal(['first']);
    expect([hand.backlog.segments, hand.shipper.state.backlog]).to.deep.equal([0, 'idle']);
  });
});
