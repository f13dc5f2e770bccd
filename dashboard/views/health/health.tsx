import { useMemo } from 'preact/hooks';
import { LoadingPanel } from '../../components/state-panels.tsx';
import { Time } from '../../components/time.tsx';
import { useAnswer } from '../../hooks/use-answer.ts';
import { useService } from '../../api/service.ts';
import type { View } from '../../state/view.ts';
import { headline, partsInWords, type HealthAnswer } from './health-words.ts';
import { PartRow } from './part-row.tsx';
import { Sign } from './sign.tsx';
import type { Words } from './words.ts';
import './health.css';

/** How the service is, in words. Whether it is well is no secret, so it needs no key. */
export const health: View = { id: 'health', title: 'Health', isOpen: true, Content: HealthContent };

const LIVE = { everyMs: 2_000, timeoutMs: 5_000 };

function HealthContent() {
  const { api } = useService();
  const answer = useAnswer<HealthAnswer>('/health', LIVE);
  const value = answer.state === 'ready' ? answer.value : undefined;
  const { answeredMs } = useMemo(() => ({ value, answeredMs: api.nowMs() }), [api, value]);
  if (answer.state === 'loading') return <LoadingPanel what="the health of the service" />;
  const error = answer.error;
  const words =
    error === undefined && value !== undefined ? headline(value) : silence(error?.message ?? 'nothing came');
  return (
    <>
      <section aria-label="In short">
        <Banner words={words} />
        {error !== undefined && (
          <button type="button" class="button" onClick={answer.retry}>
            Try again now
          </button>
        )}
      </section>
      {value !== undefined && (
        <section aria-labelledby="parts">
          <div class="section-head">
            <h2 id="parts">Part by part</h2>
            {error === undefined ? (
              <span class="live">Live</span>
            ) : (
              <span class="section-note">
                as it was at <Time iso={new Date(answeredMs).toISOString()} />
              </span>
            )}
          </div>
          <ul class={error === undefined ? 'health-parts' : 'health-parts health-parts-old'}>
            {partsInWords(value).map((part) => (
              <PartRow key={part.id} part={part} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** The one sentence that counts; read out when it changes. */
function Banner({ words: { tone, state, sentence } }: { readonly words: Words }) {
  return (
    <div class={`health-banner tone-${tone}`} role="status">
      <Sign tone={tone} />
      <div>
        <p class="health-headline">{state}</p>
        {sentence !== '' && <p>{sentence}</p>}
      </div>
    </div>
  );
}

function silence(message: string): Words {
  return {
    tone: 'bad',
    state: 'The service does not answer',
    sentence: `What is known of it: ${message}. It is asked again by itself.`,
  };
}
