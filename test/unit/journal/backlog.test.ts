import { expect } from 'chai';
import { Backlog } from '../../../server/journal/backlog.ts';
import { createSegment } from '../../../server/journal/segment.ts';

function segment(id: string, openedMs: number) {
  return createSegment('/nowhere', 'events', id, openedMs);
}

describe('Backlog', () => {
  it('is empty at first', () => {
    const { rows, bytes, segments, oldestMs } = new Backlog();
    expect({ rows, bytes, segments, oldestMs }).to.deep.equal({
      rows: 0,
      bytes: 0,
      segments: 0,
      oldestMs: undefined,
    });
  });

  it('counts what is written, taken over and shipped', () => {
    const backlog = new Backlog();
    const written = segment('b', 2000);
    const takenOver = { ...segment('a', 1000), rows: 5, bytes: 50 };
    backlog.grow(written, 2, 20);
    backlog.grow(written, 3, 30);
    expect([written.rows, written.bytes]).to.deep.equal([5, 50]);
    backlog.add(takenOver);
    expect([backlog.rows, backlog.bytes, backlog.segments, backlog.oldestMs]).to.deep.equal([10, 100, 2, 1000]);
    backlog.remove(takenOver);
    expect([backlog.rows, backlog.bytes, backlog.segments, backlog.oldestMs]).to.deep.equal([5, 50, 1, 2000]);
    backlog.remove(written);
    expect([backlog.rows, backlog.bytes, backlog.segments, backlog.oldestMs]).to.deep.equal([0, 0, 0, undefined]);
  });

  it('tells the rows and bytes of its tables apart', () => {
    const backlog = new Backlog();
    backlog.grow(segment('a', 1), 2, 20);
    backlog.grow(createSegment('/nowhere', 'rejected_events', 'a', 1), 3, 30);
    expect(backlog.of('events')).to.deep.equal({ rows: 2, bytes: 20 });
    expect(backlog.of('rejected_events')).to.deep.equal({ rows: 3, bytes: 30 });
    expect([backlog.rows, backlog.bytes]).to.deep.equal([5, 50]);
  });

  it('knows the oldest, whatever was removed before', () => {
    const backlog = new Backlog();
    const all = [3, 1, 2, 5, 4].map((openedMs) => ({
      ...segment(`s${openedMs}`, openedMs),
      rows: 1,
      bytes: 1,
    }));
    const oldest = () => backlog.oldestMs;
    for (const each of all) backlog.add(each);
    expect(oldest()).to.equal(1);
    for (const [index, expected] of [1, 2, 4, 4, undefined].entries()) {
      const each = all[index];
      if (each !== undefined) backlog.remove(each);
      expect(oldest(), `after ${index + 1}`).to.equal(expected);
    }
    backlog.add({ ...segment('late', 9), rows: 1, bytes: 1 });
    expect(oldest()).to.equal(9);
  });

  it('does not let go of a segment twice, which would count its rows twice', () => {
    const backlog = new Backlog();
    const written = segment('a', 1);
    backlog.grow(written, 1, 1);
    backlog.remove(written);
    expect(() => backlog.remove(written)).to.throw('segment events-a is not in the backlog');
  });
});
