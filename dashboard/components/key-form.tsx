import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api/api-error.ts';
import type { Api } from '../api/api.ts';
import { useService } from '../api/service.ts';
import { tryKey } from '../api/try-key.ts';
import { Field } from './filters/field.tsx';

export interface KeyFormProps {
  /** Whether the key that was kept is no longer accepted. */
  readonly wasRefused: boolean;
}

/** Asks for an API key, tries it, and keeps it in this tab unless the service refuses it. */
export function KeyForm({ wasRefused }: KeyFormProps) {
  const { api, session, announce } = useService();
  const [error, setError] = useState<string>();
  const [isTrying, setIsTrying] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), [error]);

  const submit = async () => {
    const key = input.current?.value.trim() ?? '';
    setError(undefined);
    setIsTrying(true);
    const { refusal, isKnown } = await verdictOf(api, key);
    setIsTrying(false);
    setError(refusal);
    if (refusal !== undefined) return;
    session.keep(key);
    announce(isKnown ? 'The key is accepted.' : 'The key is kept. Whether it is accepted is not known yet.');
  };

  return (
    <form
      class="key-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h1>{wasRefused ? 'This key is no longer accepted' : 'An API key is needed'}</h1>
      <p>
        This service shows its figures to those with a key that has the role <code>read</code>. The key stays in this
        tab, and is gone when you close it.
      </p>
      <Field label="API key" error={error}>
        {(attributes) => (
          <input
            {...attributes}
            ref={input}
            type="password"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
          />
        )}
      </Field>
      <button type="submit" class="button button-primary" disabled={isTrying}>
        {isTrying ? 'Trying…' : 'Use this key'}
      </button>
    </form>
  );
}

interface Verdict {
  /** Why the key cannot be used, if it cannot. */
  readonly refusal: string | undefined;
  /** Whether the service has looked at it. */
  readonly isKnown: boolean;
}

async function verdictOf(api: Api, key: string): Promise<Verdict> {
  if (key === '') return { refusal: 'Received nothing, expected a key.', isKnown: false };
  // A header takes no more than this; and keys are made of it.
  if (!/^[\x21-\x7e]+$/.test(key)) {
    return { refusal: 'Received characters that no key has, expected letters, digits and signs.', isKnown: false };
  }
  const error = await tryKey({ api, key, random: Math.random });
  return { refusal: error && words(error), isKnown: error?.kind !== 'unavailable' };
}

function words({ kind, message }: ApiError): string | undefined {
  switch (kind) {
    case 'unauthorized':
      return 'The service does not know this key.';
    case 'forbidden':
      return `This key cannot be used here: ${message}.`;
    case 'unreachable':
      return `The key could not be tried: ${message}.`;
    case 'invalid':
      // It got past the check of the key.
      return undefined;
    case 'unavailable':
      // Nobody can say; a key that is wrong is refused later.
      return undefined;
    default:
      return kind satisfies never;
  }
}
