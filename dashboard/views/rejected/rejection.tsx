import { useMemo, useState } from 'preact/hooks';
import { Payload, type PayloadForm } from '../../components/payload.tsx';
import { StoredText } from '../../components/stored-text.tsx';
import { Time } from '../../components/time.tsx';
import { microsOf, momentOf } from '../../text/instants.ts';
import { isStructured } from '../../text/json-text.ts';
import { NO_FILTERS, rejectedLink } from './rejected-state.ts';
import { reasonWords } from './reasons.ts';

/** The answer of `GET /events/rejected`. */
export interface RejectedAnswer {
  readonly rejected: readonly RejectedEvent[];
  readonly next_cursor: string | null;
}

export interface RejectedEvent {
  /** ISO 8601 */
  readonly received_at: string;
  readonly application: string;
  readonly reason: string;
  readonly errors: readonly { readonly path: string; readonly message: string }[];
  /** What was received: any text, cut if it was long. */
  readonly payload: string;
}

/** One rejection: when, whose, why, and what. */
export function Rejection({ rejected }: { readonly rejected: RejectedEvent }) {
  const { received_at, application, reason, errors, payload } = rejected;
  const { label, meaning } = reasonWords(reason);
  const [form, setForm] = useState<PayloadForm>('sent');
  const isJson = useMemo(() => isStructured(payload), [payload]);
  return (
    <article class="rejection">
      <header class="rejection-head">
        <h3>
          <StoredText text={label} />
        </h3>
        <a
          class="filter-link"
          href={rejectedLink({ ...NO_FILTERS, ...momentOf(microsOf(received_at)) })}
          title="Only what was rejected at this moment"
        >
          <Time iso={received_at} />
        </a>
        <span class="section-note">
          {application === '' ? (
            'sent without a key'
          ) : (
            <>
              from <StoredText text={application} />
            </>
          )}
        </span>
      </header>
      {meaning !== undefined && <p class="section-note">{meaning}.</p>}
      <ul class="issues">
        {errors.map(({ path, message }, index) => (
          <li key={index}>
            <code>
              <StoredText text={path === '' ? 'whole event' : path} />
            </code>
            <span>
              <StoredText text={message} />
            </span>
          </li>
        ))}
      </ul>
      {payload === '' ? (
        <p class="section-note">Nothing of what was received is kept.</p>
      ) : (
        <Payload text={payload} what="what was received" form={isJson ? form : undefined} onForm={setForm} />
      )}
    </article>
  );
}
