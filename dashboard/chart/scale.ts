/** The marks of an axis of counts: from 0 up, in round steps. @param max the greatest count @param room how many fit */
export function countTicks(max: number, room = 4): number[] {
  const rough = Math.max(1, max) / room;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power);
  const top = Math.max(step, Math.ceil(max / step) * step);
  return Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
}

/** Which of so many labels are drawn, when there is room for some: evenly spaced, and the first. */
export function labelStep(count: number, room: number): number {
  const least = Math.max(1, Math.ceil(count / Math.max(1, room)));
  return [1, 2, 3, 4, 6, 7, 12, 14, 15, 24, 28, 30, 48, 60, 120, 240].find((step) => step >= least) ?? least;
}

/** A place on the chart. */
export type Point = readonly [x: number, y: number];

/** The path through points, of an SVG. */
export function linePath(points: readonly Point[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}
