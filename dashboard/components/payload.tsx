import { formatCount } from '../text/format.ts';
import { indented } from '../text/json-text.ts';
import { capitalised } from '../api/sentence.ts';
import { CopyButton } from './copy-button.tsx';
import { Segments } from './filters/segments.tsx';
import { StoredText } from './stored-text.tsx';

export interface PayloadProps {
  /** The exact text. */
  readonly text: string;
  /** What it is, in the middle of a sentence: `the data`. */
  readonly what: string;
  /** Undefined for what is no JSON, and can be shown in one way only. */
  readonly form: PayloadForm | undefined;
  readonly onForm: (form: PayloadForm) => void;
}

export type PayloadForm = 'sent' | 'indented';

/** More would be hard to read and slow to draw; it can be copied. */
const MAX_SHOWN = 50_000;

const FORMS = [
  { id: 'sent', label: 'As sent' },
  { id: 'indented', label: 'Indented' },
] as const;

/** What somebody sent, character for character; or, if it is JSON, with other space between its parts. */
export function Payload({ text, what, form, onForm }: PayloadProps) {
  const shown = text.slice(0, MAX_SHOWN);
  return (
    <div class="payload">
      <div class="payload-head">
        {form !== undefined && (
          <Segments label={`How ${what} is shown`} choices={FORMS} chosen={form} onChoose={onForm} />
        )}
        <span class="section-note">{lengthOf(text)}</span>
        {text !== '' && <CopyButton text={text} what={what} />}
      </div>
      {text !== '' && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
        <pre tabIndex={0} role="region" aria-label={capitalised(what)}>
          <StoredText text={form === 'indented' ? indented(shown) : shown} />
        </pre>
      )}
      {shown.length < text.length && (
        <p class="section-note">These are the first {formatCount(MAX_SHOWN)} characters. Copy takes all of them.</p>
      )}
    </div>
  );
}

function lengthOf({ length }: string): string {
  return `${length === 0 ? 'no' : formatCount(length)} ${length === 1 ? 'character' : 'characters'}`;
}
