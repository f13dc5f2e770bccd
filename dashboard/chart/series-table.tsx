import { Fragment } from 'preact';
import { capitalised } from '../api/sentence.ts';
import { Count } from '../components/count.tsx';
import { StoredText } from '../components/stored-text.tsx';
import { endOf, type ChartData } from './chart-data.ts';
import { fullLabel } from './time-labels.ts';

export interface SeriesTableProps {
  readonly data: ChartData;
  /** What the table shows; read out before it. */
  readonly caption: string;
  readonly linkAt: (index: number) => string | undefined;
}

/**
 * The figures of a chart, the latest first; each interval leads to its events. On a narrow screen the table scrolls in
 * itself, also by keyboard, and the page does not.
 */
export function SeriesTable({ data, caption, linkAt }: SeriesTableProps) {
  const { lines } = data;
  const isCompared = lines.some(({ before }) => before !== undefined);
  return (
    <div class="series-table">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
      <section class="table-scroll" aria-label={caption} tabIndex={0}>
        <table>
          <caption>{caption}</caption>
          <thead>
            <tr>
              <th scope="col">{capitalised(data.interval)}</th>
              {lines.map(({ key, label }) => (
                <Fragment key={key}>
                  <th scope="col" class="number">
                    <StoredText text={label} />
                  </th>
                  {isCompared && (
                    <th scope="col" class="number">
                      Before
                    </th>
                  )}
                </Fragment>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.times
              .map((ms, index) => (
                <tr key={ms}>
                  <th scope="row">
                    <Interval data={data} index={index} href={linkAt(index)} />
                  </th>
                  {lines.map(({ key, values, before }) => (
                    <Fragment key={key}>
                      <td class="number">
                        <Count value={values[index] ?? 0} />
                      </td>
                      {isCompared && (
                        <td class="number">{before ? <Count value={before.values[index] ?? 0} /> : '–'}</td>
                      )}
                    </Fragment>
                  ))}
                </tr>
              ))
              .toReversed()}
          </tbody>
        </table>
      </section>
    </div>
  );
}

interface IntervalProps {
  readonly data: ChartData;
  readonly index: number;
  readonly href: string | undefined;
}

function Interval({ data, index, href }: IntervalProps) {
  const text = fullLabel(data.times[index] ?? 0, data.interval, data.zone);
  const isSoFar = data.isUnfinished && endOf(data, index) === data.endMs;
  return (
    <>
      {href === undefined ? text : <a href={href}>{text}</a>}
      {isSoFar && <span class="section-note"> so far</span>}
    </>
  );
}
