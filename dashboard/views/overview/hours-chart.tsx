import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import type { HourCounts } from '../../text/hours.ts';
import { createHoursPlot, type HoursPlot } from './hours-plot.ts';
import { SERIES, type SeriesId } from './series.ts';

export interface HoursChartProps {
  readonly hours: readonly HourCounts[];
  readonly hidden: ReadonlySet<SeriesId>;
}

/** The counts as lines over time. It is an image to those who cannot see it; the table below it has the figures. */
export function HoursChart({ hours, hidden }: HoursChartProps) {
  const frameRef = useRef<HTMLDivElement>(null);
  const plotRef = useRef<HoursPlot | undefined>(undefined);
  useEffect(() => {
    if (frameRef.current === null) return undefined;
    const created = createHoursPlot(frameRef.current);
    plotRef.current = created;
    return () => created.remove();
  }, []);
  useEffect(() => plotRef.current?.show(dataOf(hours)), [hours]);
  useEffect(() => plotRef.current?.hide(hidden), [hidden]);
  return (
    <div
      ref={frameRef}
      class="chart"
      role="img"
      aria-label={`Unique users, clicks and impressions of ${hours.length} hours. The figures are in the table below.`}
    />
  );
}

function dataOf(hours: readonly HourCounts[]): uPlot.AlignedData {
  return [
    hours.map(({ hour }) => Date.parse(hour) / 1000),
    ...SERIES.map(({ id }) => hours.map((counts) => counts[id])),
  ];
}
