import { useEffect, useRef, useState } from 'preact/hooks';
import { useService } from '../api/service.ts';
import { formatShort } from '../text/format.ts';
import type { ChartData } from './chart-data.ts';
import { BarMarks, LineMarks, type Plane } from './marks.tsx';
import { countTicks, labelStep } from './scale.ts';
import { shortLabel } from './time-labels.ts';
import { Tooltip, wordsAt } from './tooltip.tsx';
import './chart.css';

export interface ChartProps {
  readonly data: ChartData;
  readonly as: 'line' | 'bars';
  /** What is drawn, in a few words; read out for the picture. */
  readonly label: string;
  /** The link to the events of an interval. */
  readonly linkAt: (index: number) => string | undefined;
}

const PADDING = { top: 12, right: 12, bottom: 28 };
const LABEL_PX = { minute: 52, hour: 52, day: 60, week: 60, month: 76 };

/** Counts over time. The pointer, or the arrow keys, go from interval to interval; a click, or Enter, to its events. */
export function Chart({ data, as, label, linkAt }: ChartProps) {
  const { navigation, announce } = useService();
  const [frame, size] = useSize();
  // A time and not an index: what a range that goes on has at an index moves.
  const [atMs, setAtMs] = useState<number>();
  const count = data.times.length;
  const found = atMs === undefined ? -1 : data.times.indexOf(atMs);
  const index = found === -1 ? undefined : found;
  const { plane, ticks, left } = planeOf(data, size);
  const open = () => {
    const href = index === undefined ? undefined : linkAt(index);
    if (href !== undefined) navigation.navigate(href);
  };
  const go = (to: number) => {
    const next = Math.min(count - 1, Math.max(0, to));
    setAtMs(data.times[next]);
    announce(wordsAt(data, next));
  };
  const follow = (event: PointerEvent & { readonly currentTarget: Element }) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    setAtMs(data.times[Math.min(count - 1, Math.max(0, Math.floor((x - left) / plane.step)))]);
  };
  const onKey = (event: KeyboardEvent) => {
    // Those are the browser's, to go back and on.
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const to = { ArrowRight: (index ?? -1) + 1, ArrowLeft: (index ?? count) - 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined && event.key !== 'Enter') return;
    event.preventDefault();
    if (to === undefined) open();
    else go(to);
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- its keys and its pointer do the same
    <div
      ref={frame}
      class="chart"
      role="application"
      aria-roledescription="chart"
      aria-label={`${label}. Arrow keys go from one interval to the next, Enter to its events.`}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- one stop for the keyboard, with arrow keys inside
      tabIndex={0}
      onPointerMove={follow}
      onPointerDown={follow}
      // A finger leaves where it is lifted, before its click; where it scrolls, it is taken away.
      onPointerLeave={({ pointerType }) => pointerType !== 'touch' && setAtMs(undefined)}
      onPointerCancel={() => setAtMs(undefined)}
      onBlur={() => setAtMs(undefined)}
      onClick={open}
      onKeyDown={onKey}
    >
      {size.width > 0 && (
        <svg aria-hidden="true" focusable="false">
          <Axes data={data} plane={plane} ticks={ticks} left={left} size={size} />
          {index !== undefined && <Cursor plane={plane} index={index} bottom={size.height - PADDING.bottom} />}
          {as === 'line' ? <LineMarks data={data} plane={plane} /> : <BarMarks data={data} plane={plane} />}
        </svg>
      )}
      {index !== undefined && <Tooltip data={data} index={index} x={plane.x(index)} width={size.width} />}
    </div>
  );
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function planeOf(data: ChartData, { width, height }: Size) {
  const values = data.lines.flatMap((line) => [...line.values, ...(line.before?.values ?? [])]);
  const ticks = countTicks(values.reduce((most, value) => Math.max(most, value), 0));
  const top = ticks.at(-1) ?? 1;
  const left = 10 + 7.5 * Math.max(...ticks.map((tick) => formatShort(tick).length));
  const step = Math.max(1, width - left - PADDING.right) / Math.max(1, data.times.length);
  const ground = height - PADDING.bottom;
  const plane: Plane = {
    x: (index) => left + (index + 0.5) * step,
    y: (value) => ground - (value / top) * (ground - PADDING.top),
    step,
  };
  return { plane, ticks, left };
}

interface AxesProps {
  readonly data: ChartData;
  readonly plane: Plane;
  readonly ticks: readonly number[];
  readonly left: number;
  readonly size: Size;
}

function Axes({ data, plane, ticks, left, size }: AxesProps) {
  const room = (size.width - left) / LABEL_PX[data.interval];
  const every = labelStep(data.times.length, room);
  return (
    <g class="chart-axes">
      {ticks.map((tick) => (
        <g key={tick}>
          <path d={`M${left} ${Math.round(plane.y(tick)) + 0.5}H${size.width - PADDING.right}`} />
          <text x={left - 8} y={plane.y(tick) + 4} text-anchor="end">
            {formatShort(tick)}
          </text>
        </g>
      ))}
      {data.times.map((ms, index) => {
        const isShown = index % every === 0 && plane.x(index) + LABEL_PX[data.interval] / 2 <= size.width + 8;
        return isShown ? (
          <text key={ms} x={plane.x(index)} y={size.height - 8} text-anchor="middle">
            {shortLabel(ms, data.interval, data.zone)}
          </text>
        ) : null;
      })}
    </g>
  );
}

function Cursor({ plane, index, bottom }: { readonly plane: Plane; readonly index: number; readonly bottom: number }) {
  return (
    <rect
      class="chart-cursor"
      x={plane.x(index) - plane.step / 2}
      y={PADDING.top}
      width={plane.step}
      height={bottom - PADDING.top}
    />
  );
}

function useSize() {
  const frame = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const resizing = new ResizeObserver(measure);
    resizing.observe(element);
    return () => resizing.disconnect();
  }, []);
  return [frame, size] as const;
}
