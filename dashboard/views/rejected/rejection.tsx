import { useMemo, useState } from 'preact/hooks';
import { Payload, type PayloadForm } from '../../components/payload.tsx';
import { StoredLine, StoredText } from '../../components/stored-text.tsx';
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

/** One rejection on a line: when, why, and what is wrong first; opened, all of it. */
export function Rejection({ rejected }: { readonly rejected: RejectedEvent }) {
  const { received_at, reason, errors } = rejected;
  const [isOpen, setIsOpen] = useState(false);
  const [first] = errors;
  return (
    <article class="rejection">
      <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>
          <Time iso={received_at} zone="implied" />
          <span class="tag">
            <StoredText text={reasonWords(reason).label} />
          </span>
          <span class="rejection-what">
            <StoredLine
              text={first === undefined ? '' : `${first.path === '' ? 'whole event' : first.path}: ${first.message}`}
            />
          </span>
          {errors.length > 1 && <span class="section-note">and {errors.length - 1} more</span>}
        </summary>
        {isOpen && <Opened rejected={rejected} />}
      </details>
    </article>
  );
}

function Opened({
  rejected: { received_at, application, reason, errors, payload },
}: {
  readonly rejected: RejectedEvent;
}) {
  const { meaning } = reasonWords(reason);
  const [form, setForm] = useState<PayloadForm>('sent');
  const isJson = useMemo(() => isStructured(payload), [payload]);
  return (
    <div class="rejection-opened">
      <p class="section-note">
        {meaning !== undefined && `${meaning}. `}
        {application === '' ? (
          'Sent without a key. '
        ) : (
          <>
            Sent by <StoredText text={application} />.{' '}
          </>
        )}
        <a href={rejectedLink({ ...NO_FILTERS, ...momentOf(microsOf(received_at)) })}>Only this moment</a>
      </p>
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
    </div>
  );
}
