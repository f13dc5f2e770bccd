import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api/api-error.ts';
import { capitalised, sentence } from '../api/sentence.ts';
import { Notice } from './notice.tsx';

/** What stands where an answer will be. It appears after a moment, so that a quick answer does not flicker. */
export function LoadingPanel({ what }: { readonly what: string }) {
  return (
    <div class="panel panel-loading" role="status">
      <span class="spinner" aria-hidden="true" />
      <p>Loading {what}…</p>
    </div>
  );
}

/** An answer in which there is nothing. The children say how there comes to be something. */
export function EmptyPanel(props: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="panel">
      <p class="panel-title">{props.title}</p>
      {props.children !== undefined && <div class="panel-detail">{props.children}</div>}
    </div>
  );
}

export interface ErrorPanelProps {
  readonly error: ApiError;
  /** What was asked for, as in "The hourly counts cannot be shown". */
  readonly what: string;
  readonly retry: () => void;
}

/** Instead of an answer: why there is none, in the words of the service, and what can be done. */
export function ErrorPanel({ error, what, retry }: ErrorPanelProps) {
  return (
    <div class="panel panel-error" role="alert">
      <p class="panel-title">{titleOf(error, what)}</p>
      <div class="panel-detail">
        {error.issues.length > 0 ? <Issues error={error} /> : <p>{sentence(error.message)}</p>}
        {error.isTemporary && <p>It is tried again by itself.</p>}
      </div>
      <button type="button" class="button" onClick={retry}>
        Try again now
      </button>
    </div>
  );
}

/** Above an answer that is shown on although asking again failed. */
export function StaleNotice({ error }: { readonly error: ApiError }) {
  return (
    <Notice>
      <strong>Not up to date.</strong> {sentence(error.message)} It is tried again by itself.
    </Notice>
  );
}

function Issues({ error }: { readonly error: ApiError }) {
  return (
    <ul>
      {error.issues.map(({ path, message }) => (
        <li key={path}>
          <code>{path}</code>: {message}
        </li>
      ))}
    </ul>
  );
}

function titleOf({ kind }: ApiError, what: string): string {
  const subject = capitalised(what);
  switch (kind) {
    case 'unauthorized':
      return `${subject} can be seen with an API key`;
    case 'forbidden':
      return `Your API key may not see ${what}`;
    case 'invalid':
      return `${subject} cannot be asked for like this`;
    case 'unavailable':
    case 'unreachable':
      return `${subject} cannot be shown now`;
    default:
      return kind satisfies never;
  }
}
