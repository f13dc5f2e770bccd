import { useState } from 'preact/hooks';
import { AnswerPanel } from '../../components/answer-panel.tsx';
import { Notice } from '../../components/notice.tsx';
import { EmptyPanel } from '../../components/state-panels.tsx';
import { useAnswer } from '../../hooks/use-answer.ts';
import { withLatest, type HourCounts, type HoursAnswer } from '../../text/hours.ts';
import { HoursChart } from './hours-chart.tsx';
import { HoursTable } from './hours-table.tsx';
import { RangeChoice } from './range-choice.tsx';
import { boundsOf, readRange, type Bounds } from './range.ts';
import { SeriesLegend } from './series-legend.tsx';
import { SERIES, type SeriesId } from './series.ts';

export interface HistoryProps {
  readonly query: URLSearchParams;
  /** The start of the hour that it is, in milliseconds. */
  readonly hourMs: number;
  /** The counts of that hour, which are known sooner than the others. */
  readonly latest: HourCounts | undefined;
}

/** The hours behind this one change rarely; late events are the exception. */
const REFRESH_MS = 10_000;

/** The counts hour by hour, as a chart and as a table, for a range that the reader chooses. */
export function History({ query, hourMs, latest }: HistoryProps) {
  const { range, problem } = readRange(query);
  const bounds = boundsOf(range, hourMs);
  const answer = useAnswer<HoursAnswer>(pathOf(bounds), { everyMs: REFRESH_MS });
  const [hidden, setHidden] = useState<ReadonlySet<SeriesId>>(new Set());
  return (
    <section aria-labelledby="history">
      <div class="section-head">
        <h2 id="history">Hour by hour</h2>
        <span class="section-note">in UTC{range.kind === 'rolling' && ', with this hour so far'}</span>
      </div>
      {problem !== undefined && <Notice>{problem} These are the last 24 hours.</Notice>}
      <RangeChoice range={range} bounds={bounds} />
      <AnswerPanel
        answer={answer}
        what="the hourly counts"
        isEmpty={({ hours }) => withLatest(hours, latest).every(hasNothing)}
        empty={<NothingYet />}
      >
        {({ hours }) => {
          const shown = withLatest(hours, latest);
          return (
            <>
              <div class="card">
                <SeriesLegend hours={shown} hidden={hidden} onChange={setHidden} />
                <HoursChart hours={shown} hidden={hidden} />
              </div>
              <HoursTable hours={shown} />
            </>
          );
        }}
      </AnswerPanel>
    </section>
  );
}

function NothingYet() {
  return (
    <EmptyPanel title="No clicks and no impressions in these hours">
      <p>
        Applications send them with <code>POST /analytics</code>; they are here within two seconds. The{' '}
        <a href="/docs">API documentation</a> has the details.
      </p>
    </EmptyPanel>
  );
}

function pathOf({ fromMs, toMs }: Bounds): string {
  return `/analytics/hours?from=${fromMs}&to=${toMs}`;
}

function hasNothing(counts: HourCounts): boolean {
  return SERIES.every(({ id }) => counts[id] === 0);
}
