import type { FunnelAnswer, KnownName } from '../../api/questions.ts';
import { eventOf, labelOf } from '../../choice/event-key.ts';
import { Count } from '../../components/count.tsx';
import { StoredText } from '../../components/stored-text.tsx';
import { browseTo } from '../../state/links.ts';
import { formatCount, formatShare } from '../../text/format.ts';

export interface FunnelStepsProps {
  readonly steps: FunnelAnswer['steps'];
  readonly names: readonly KnownName[];
}

/** A bar for each step: how many there are, what share of the first and of the step before, and how many were lost. */
export function FunnelSteps({ steps, names }: FunnelStepsProps) {
  const first = steps[0]?.count ?? 0;
  const last = steps.at(-1)?.count ?? 0;
  return (
    <>
      <p class="funnel-whole">
        <strong>{formatShare(last, first)}</strong> go all the way, {formatCount(last)} of {formatCount(first)}.
      </p>
      <ol class="funnel-steps">
        {steps.map(({ step, count }, index) => {
          const before = steps[index - 1]?.count;
          const event = eventOf(step, names);
          return (
            <li key={index} class="funnel-step" style={{ '--share': String(first === 0 ? 0 : count / first) }}>
              <a href={browseTo({ ...event })}>
                <StoredText text={labelOf(event, names)} />
              </a>
              <span class="funnel-figures">
                <strong>
                  <Count value={count} />
                </strong>
                <span>{formatShare(count, first)}</span>
              </span>
              <span class="funnel-bar" aria-hidden="true" />
              {before !== undefined && (
                <span class="section-note">
                  {formatShare(count, before)} of the step before; {formatCount(before - count)} lost (
                  {formatShare(before - count, before)})
                </span>
              )}
            </li>
          );
        })}
      </ol>
    </>
  );
}
