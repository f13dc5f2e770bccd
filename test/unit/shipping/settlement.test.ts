import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { openParcels, readParcel, splitSegment, Unreadable, wholeSegment } from '../../../server/shipping/parcel.ts';
import { failure } from '../../support/http/outcome.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { unprivileged } from '../../support/unprivileged.ts';
import { idsOf, row, ShippingByHand } from './shipping-by-hand.ts';

describe('The parcels of a segment', () => {
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

  const events = async (name: string) => {
    const [value] = (await hand.metrics.registry.getSingleMetric(name)?.get())?.values ?? [];
    return value?.value;
  };

  it('have every row between them: what is recent, and what is historic', async () => {
    const typed = row('untyped', true).replace('{', '{"typed":0,');
    const segment = await hand.segment(row('a'), row('old', true), typed, row('b'), 'no row of an event\n');
    const { recent, historic } = splitSegment(segment);
    expect(idsOf((await readParcel(historic)).toString())).to.deep.equal(['old', 'untyped']);
    expect((await readParcel(recent)).toString()).to.equal(`${row('a')}${row('b')}no row of an event\n`);
    expect(idsOf(await text(await openParcels([historic, recent])))).to.deep.equal(['old', 'untyped', 'a', 'b']);
  });

  it('end with the segment when both are done, and not before', async () => {
    const segment = await hand.segment(row('a'), row('old', true), row('bad', true));
    const { recent, historic } = splitSegment(segment);
    await hand.settle.done([historic], 1);
    expect([existsSync(segment.path), hand.backlog.rows]).to.deep.equal([true, 3]);
    expect(await failure(hand.settle.done([historic]))).to.be.instanceOf(Error);
    expect(existsSync(segment.path)).to.equal(true);
    await hand.settle.done([recent]);
    expect([existsSync(segment.path), hand.backlog.rows]).to.deep.equal([false, 0]);
    expect(await events('clickhour_events_stored_total')).to.equal(2);
    expect(await events('clickhour_events_refused_total')).to.equal(1);
  });

  it('that cannot be read go into quarantine, and nothing waits for them', async () => {
    const segment = await hand.segment(row('a'), row('b'));
    await rm(segment.path);
    await mkdir(segment.path);
    const { recent, historic } = splitSegment(segment);
    for (const parcel of [recent, historic]) {
      const error = await failure(readParcel(parcel));
      expect(error).to.be.instanceOf(Unreadable);
      if (error instanceof Unreadable) await hand.settle.unreadable(error);
    }
    expect(hand.backlog.segments).to.equal(0);
    expect(await readdir(path.join(temp.path, 'quarantine'))).to.deep.equal([path.basename(segment.path)]);
    expect(await events('clickhour_events_refused_total')).to.equal(2);
  });

  it('counts a segment as stored although somebody else has removed its file', async () => {
    const segment = await hand.segment(row('a'));
    await rm(segment.path);
    await hand.settle.done([wholeSegment(segment)]);
    expect([hand.backlog.segments, hand.settle.lastError]).to.deep.equal([0, undefined]);
  });

  it('counts a segment as stored whose file cannot be removed, says so, and removes it when it can', async () => {
    const segment = await hand.segment(row('a'));
    await chmod(temp.path, 0o555);
    await unprivileged(async () => {
      await hand.settle.done([wholeSegment(segment)]);
      await hand.settle.removeLeft();
    });
    expect([hand.backlog.segments, existsSync(segment.path)]).to.deep.equal([0, true]);
    expect(hand.settle.lastError?.message).to.match(/EACCES.*: chown -R /);
    await chmod(temp.path, 0o700);
    await hand.settle.removeLeft();
    expect([existsSync(segment.path), hand.settle.lastError]).to.deep.equal([false, undefined]);
  });
});
