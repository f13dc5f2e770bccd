import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { hourTooltip } from './hour-tooltip.ts';
import { SERIES, type SeriesId } from './series.ts';
import { countTicks, timeTicks } from './ticks.ts';

/** The drawn chart, in an element whose width it follows. */
export interface HoursPlot {
  /** Hours in seconds since the epoch, then the counts of each series. */
  show(data: uPlot.AlignedData): void;
  hide(series: ReadonlySet<SeriesId>): void;
  remove(): void;
}

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;
const X_STEPS_S = [1, 2, 3, 6, 12].map((hours) => hours * HOUR_S).concat([1, 2, 4, 7].map((d) => d * DAY_S));

export function createHoursPlot(frame: HTMLElement): HoursPlot {
  const plot = new uPlot(optionsFor(frame), [[], ...SERIES.map(() => [])], frame);
  const resizing = new ResizeObserver(() => plot.setSize(sizeOf(frame)));
  resizing.observe(frame);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  const repaint = () => plot.redraw(false);
  scheme.addEventListener('change', repaint);
  return {
    show: (data) => plot.setData(data),
    hide: (hidden) => {
      for (const [index, { id }] of SERIES.entries()) plot.setSeries(index + 1, { show: !hidden.has(id) });
    },
    remove: () => {
      resizing.disconnect();
      scheme.removeEventListener('change', repaint);
      plot.destroy();
    },
  };
}

/** Colours are functions, so that each drawing asks the style sheet for those of the scheme that holds then. */
function optionsFor(frame: HTMLElement): uPlot.Options {
  const colour = (name: string) => () => getComputedStyle(frame).getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--ink-quiet'),
    font: `12px ${getComputedStyle(frame).fontFamily}`,
    ticks: { show: false },
  };
  return {
    ...sizeOf(frame),
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    padding: [12, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 }, move: toNearestHour },
    scales: { y: { range: (_, __, max) => [0, Math.max(4, max * 1.08)] } },
    series: [
      {},
      ...SERIES.map(({ label, colour: name, dash }) => ({
        label,
        stroke: colour(name),
        width: 2,
        dash: [...dash],
        points: { show: false },
      })),
    ],
    axes: [
      {
        ...axis,
        grid: { show: false },
        incrs: X_STEPS_S,
        space: 56,
        size: 44,
        values: (_, splits) => timeTicks(splits),
      },
      {
        ...axis,
        grid: { stroke: colour('--line'), width: 1 },
        incrs: [1, 2, 5].flatMap((n) => Array.from({ length: 12 }, (_, e) => n * 10 ** e)).sort(ascending),
        size: (_, labels) => 14 + 7.5 * Math.max(1, ...(labels ?? []).map(({ length }) => length)),
        values: (_, splits) => countTicks(splits),
      },
    ],
    plugins: [hourTooltip()],
  };
}

/** The line stands on the hour whose figures are shown, not where the pointer is. */
function toNearestHour(plot: uPlot, left: number, top: number): [number, number] {
  const hour = left < 0 ? undefined : plot.data[0][plot.posToIdx(left)];
  return [hour === undefined ? left : plot.valToPos(hour, 'x'), top];
}

function ascending(a: number, b: number): number {
  return a - b;
}

function sizeOf(frame: HTMLElement): { width: number; height: number } {
  return { width: frame.clientWidth, height: frame.clientHeight };
}
