import { expect } from 'chai';
import { chartDataOf, countedOf } from '../../../dashboard/chart/chart-data.ts';
import { countTicks, labelStep, linePath } from '../../../dashboard/chart/scale.ts';
import { csvOf } from '../../../dashboard/views/explore/csv.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const times = ['2026-11-20T00:00:00.000000Z', '2026-11-21T00:00:00.000000Z'];
const series = [
  { key: 'pro, "best"', total: 5, values: [2, 3] },
  { key: '=1+1', total: 1, values: [1, 0] },
];
const nowMs = Date.parse('2026-11-21T12:00Z');
const range = { fromMs: Date.parse(times[0] ?? ''), toMs: undefined };
const drawn = { range, interval: 'day', zone: 'UTC', nowMs, label: 'signup' } as const;

const msOf = (hours: number) => range.fromMs + hours * HOUR_MS;

/** What is counted of each interval of a range, in hours since the first begins. */
function countedHours(from: number, to?: number): number[][] {
  const counting = { fromMs: msOf(from), toMs: to === undefined ? undefined : msOf(to) };
  const data = chartDataOf({ answer: { times, series }, before: undefined, ...drawn, range: counting });
  return [0, 1].map((index) => {
    const counted = countedOf(data, index);
    return [(counted.fromMs - range.fromMs) / HOUR_MS, (counted.toMs - range.fromMs) / HOUR_MS];
  });
}

function isUnfinishedUntil(toMs: number): boolean {
  return chartDataOf({ answer: { times, series }, before: undefined, ...drawn, range: { ...range, toMs } })
    .isUnfinished;
}

describe('A chart', () => {
  it('has an axis from 0 in round steps to above the greatest count', () => {
    expect(countTicks(0)).to.deep.equal([0, 1]);
    expect(countTicks(3)).to.deep.equal([0, 1, 2, 3]);
    expect(countTicks(17)).to.deep.equal([0, 5, 10, 15, 20]);
    expect(countTicks(1_000_001).at(-1)).to.equal(1_500_000);
    expect(labelStep(31, 10)).to.equal(4);
    expect(labelStep(3, 10)).to.equal(1);
    expect(
      linePath([
        [0, 1],
        [2.04, 3],
      ]),
    ).to.equal('M0.0 1.0L2.0 3.0');
  });

  it('knows that its last interval goes on, and what there was before', () => {
    const before = { times, series: [{ key: '=1+1', total: 7, values: [3, 4] }] };
    const data = chartDataOf({ answer: { times, series }, before, ...drawn });
    expect(data.isUnfinished).to.equal(true);
    expect(data.endMs).to.equal(Date.parse('2026-11-22T00:00Z'));
    expect(data.lines.map((line) => line.before?.total)).to.deep.equal([0, 7]);
    const past = chartDataOf({ answer: { times, series }, before: undefined, ...drawn, nowMs: drawn.nowMs + DAY_MS });
    expect(past.isUnfinished).to.equal(false);
    const whole = chartDataOf({
      answer: { times, series: [{ key: null, total: 0, values: [0, 0] }] },
      before,
      ...drawn,
    });
    expect(whole.lines[0]?.label).to.equal('signup');
  });

  it('knows what of an interval was counted where the range begins or ends within it', () => {
    expect(countedHours(0, 48)).to.deep.equal([
      [0, 24],
      [24, 48],
    ]);
    expect(countedHours(20, 30)).to.deep.equal([
      [20, 24],
      [24, 30],
    ]);
    expect(countedHours(20)).to.deep.equal([
      [20, 24],
      [24, 48],
    ]);
  });

  it('knows that its last interval is over where the range ends within it', () => {
    expect(isUnfinishedUntil(nowMs - 1)).to.equal(false);
    expect(isUnfinishedUntil(nowMs)).to.equal(true);
  });

  it('takes what ends with the minute that it is for unfinished', () => {
    const [ending, ended] = [drawn.nowMs + DAY_MS / 2, drawn.nowMs + DAY_MS / 2 + 60_000];
    const isUnfinishedAt = (nowMs: number) =>
      chartDataOf({ answer: { times, series }, before: undefined, ...drawn, nowMs }).isUnfinished;
    expect(isUnfinishedAt(ending)).to.equal(true);
    expect(isUnfinishedAt(ended)).to.equal(false);
  });

  it('does not say that a key was not there before where there were more than are given', () => {
    const others = Array.from({ length: 20 }, (_, index) => ({ key: `other ${index}`, total: 9, values: [4, 5] }));
    const beforeWith = (count: number) =>
      chartDataOf({ answer: { times, series }, before: { times, series: others.slice(0, count) }, ...drawn }).lines.map(
        (line) => line.before?.total,
      );
    expect(beforeWith(20)).to.deep.equal([undefined, undefined]);
    expect(beforeWith(19)).to.deep.equal([0, 0]);
  });

  it('is copied as CSV in which names are no formulas', () => {
    const data = chartDataOf({ answer: { times, series }, before: undefined, ...drawn });
    expect(csvOf(data)).to.equal(
      `time (UTC),"pro, ""best""",'=1+1\r\n2026-11-20 00:00,2,1\r\n2026-11-21 00:00,3,0\r\n`,
    );
  });
});
