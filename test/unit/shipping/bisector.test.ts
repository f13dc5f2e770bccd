import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { EVENTS } from '../../../server/journal/segment.ts';
import { Bisector, type BisectorDependencies } from '../../../server/shipping/bisector.ts';
import { wholeSegment } from '../../../server/shipping/parcel.ts';
import { silentLog } from '../../support/logs.ts';
import { eventually } from '../../support/http/outcome.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { clickhouseError, idsOf, row, ShippingByHand, UNREACHABLE } from './shipping-by-hand.ts';

/** CANNOT_PARSE_TEXT, MEMORY_LIMIT_EXCEEDED, CANNOT_OPEN_FILE. */
const [REFUSAL, MEMORY, FILES] = [clickhouseError('6'), clickhouseError('241'), clickhouseError('76')];

const never = async () => new Promise<never>(() => undefined);
const ids = (count: number) => Array.from({ length: count }, (_, index) => `e${index}`);

describe('Bisector', function () {
  this.timeout(20_000);
  let temp: TempDir;
  let hand: ShippingByHand;
  let dependencies: BisectorDependencies;
  let bisector: Bisector;
  let kept: string[];
  let untyped: number;
  let inserts: number;
  /** What is stored, by id. */
  let stored: Set<string>;
  /** What ClickHouse throws for the text of an INSERT; undefined: it takes it. */
  let judge: (rows: string) => Error | undefined;

  beforeEach(async () => {
    temp = await tempDir();
    hand = new ShippingByHand(temp.path);
    kept = [];
    untyped = 0;
    inserts = 0;
    stored = new Set();
    judge = () => undefined;
    dependencies = {
      table: EVENTS,
      insert: async ({ rows }) => {
        inserts += 1;
        const sent = await text(await rows());
        const error = judge(sent);
        if (error !== undefined) throw error;
        for (const id of idsOf(sent)) stored.add(id);
      },
      settle: hand.settle,
      keep: async (_, row) => void kept.push(row),
      onUntyped: (rows) => (untyped += rows),
      onFailure: () => undefined,
      log: silentLog,
      random: () => 0,
    };
    bisector = new Bisector(dependencies);
  });

  afterEach(async () => {
    await bisector.close();
    await hand.shipper.close(0);
    await temp.remove();
  });

  const done = async () => eventually(async () => expect(hand.backlog.segments).to.equal(0), 15_000);

  it('keeps the one row that is refused, stores all others, and removes the segment', async () => {
    judge = (rows) => (rows.includes('"e77"') ? REFUSAL : undefined);
    const segment = await hand.segment(...ids(200).map((id) => row(id)));
    bisector.add([wholeSegment(segment)]);
    await done();
    expect(kept.map((text) => idsOf(text)[0])).to.deep.equal(['e77']);
    expect([...stored].sort()).to.deep.equal(
      ids(200)
        .filter((id) => id !== 'e77')
        .sort(),
    );
    expect(inserts).to.be.below(40);
    expect(await readdir(temp.path)).to.deep.equal([]);
  });

  it('stores rows that need too much of ClickHouse without their typed column, and rejects none', async () => {
    judge = (rows) =>
      rows.split('\n').some((row) => row.includes('"big') && !row.startsWith('{"typed":0,')) ? FILES : undefined;
    const segment = await hand.segment(...ids(40).map((id, index) => row(index === 7 ? 'big7' : id)));
    bisector.add([wholeSegment(segment)]);
    await done();
    expect([kept, stored.size, stored.has('big7')]).to.deep.equal([[], 40, true]);
    expect(untyped).to.be.within(1, 16);
  });

  it('stores in smaller pieces what is only too much at once', async () => {
    judge = (rows) => (idsOf(rows).length > 20 ? MEMORY : undefined);
    bisector.add([wholeSegment(await hand.segment(...ids(100).map((id) => row(id))))]);
    await done();
    expect([kept, stored.size, untyped]).to.deep.equal([[], 100, 0]);
  });

  it('stores the other segments of an INSERT, and all rows but the one that is refused', async () => {
    judge = (rows) => (rows.includes('"bad"') ? REFUSAL : undefined);
    const segments = [];
    for (const id of ids(8)) segments.push(await hand.segment(row(id)));
    segments.push(await hand.segment(row('bad'), row('good')));
    bisector.add(segments.map(wholeSegment));
    await done();
    expect([kept.length, stored.size, stored.has('good')]).to.deep.equal([1, 9, true]);
  });

  it('rejects nothing for an error of the server: it begins again later', async () => {
    let isWell = false;
    for (const error of [MEMORY, UNREACHABLE]) {
      isWell = false;
      judge = () => (isWell ? undefined : error);
      bisector.add([wholeSegment(await hand.segment(row('a'), row('b')))]);
      await eventually(async () => expect(bisector.lastError).to.not.equal(undefined), 10_000);
      expect([kept, hand.backlog.segments]).to.deep.equal([[], 1]);
      isWell = true;
      await done();
      expect([kept, stored.has('b')]).to.deep.equal([[], true]);
    }
  });

  it('does not wait for an INSERT when it is closed, and keeps what that was for', async () => {
    let isSent = false;
    judge = () => {
      isSent = true;
      return undefined;
    };
    const inserting = new Bisector({
      ...dependencies,
      insert: async (insert) => dependencies.insert(insert).then(never),
    });
    inserting.add([wholeSegment(await hand.segment(row('a'), row('b')))]);
    await eventually(() => expect(isSent).to.equal(true));
    await inserting.close();
    expect([kept, hand.backlog.segments]).to.deep.equal([[], 1]);
  });

  it('lets go of a segment whose file is gone', async () => {
    const segment = await hand.segment(row('a'));
    await rm(segment.path);
    bisector.add([wholeSegment(segment)]);
    await done();
    expect(bisector.segments).to.equal(0);
  });

  it('stores the others while a segment can neither be read nor be put into quarantine', async () => {
    const segments = [];
    for (const id of ids(3)) segments.push(await hand.segment(row(id)));
    const [cut] = segments;
    if (cut !== undefined) await truncate(cut.path, 1);
    const quarantine = path.join(temp.path, 'quarantine');
    await writeFile(quarantine, 'in the way');
    bisector.add(segments.map(wholeSegment));
    await eventually(async () => expect([...stored].sort()).to.deep.equal(['e1', 'e2']), 10_000);
    await eventually(async () => expect(hand.backlog.segments).to.equal(1));
    await rm(quarantine);
    await done();
    expect(await readdir(quarantine)).to.have.length(1);
  });
});
