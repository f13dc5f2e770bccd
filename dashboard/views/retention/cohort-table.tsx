import type { Cohort } from '../../api/questions.ts';
import { fullLabel } from '../../chart/time-labels.ts';
import { formatCount, formatShare } from '../../text/format.ts';
import { timeOf, type CohortClock } from './cohort-time.ts';

export interface CohortTableProps extends CohortClock {
  readonly cohorts: readonly Cohort[];
}

/** A row for each beginning, and a column for each interval after it. The share is written, and shaded by its size. */
export function CohortTable({ cohorts: all, ...clock }: CohortTableProps) {
  const { interval, zone } = clock;
  // Before the first of them there is nothing to say.
  const cohorts = all.slice(all.findIndex(({ size }) => size > 0));
  const columns = Math.max(0, ...cohorts.map((cohort) => timeOf(cohort, clock).seen));
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <section class="table-scroll" aria-label="Cohorts" tabIndex={0}>
      <table class="cohorts">
        <caption class="visually-hidden">Of each beginning, the share that came back so many {interval}s later</caption>
        <thead>
          <tr>
            <th scope="col">First {interval}</th>
            <th scope="col" class="number">
              Size
            </th>
            {Array.from({ length: columns }, (_, index) => (
              <th key={index} scope="col" class="number">
                {index === 0 ? `Same ${interval}` : `+${index}`}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cohorts.map((cohort) => {
            const { start, size, returned } = cohort;
            const { seen, unfinished } = timeOf(cohort, clock);
            return (
              <tr key={start}>
                <th scope="row">{fullLabel(Date.parse(start), interval, zone).replace('Week of ', '')}</th>
                <td class="number">{formatCount(size)}</td>
                {returned.slice(0, columns).map((count, index) => (
                  <td
                    key={index}
                    class={index === unfinished ? 'number cohort unfinished' : 'number cohort'}
                    style={{ '--share': String(size === 0 || index >= seen ? 0 : count / size) }}
                    title={index < seen ? `${formatCount(count)} of ${formatCount(size)}` : undefined}
                  >
                    {index >= seen ? '' : formatShare(count, size)}
                    {index === unfinished && <span class="visually-hidden"> so far</span>}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
