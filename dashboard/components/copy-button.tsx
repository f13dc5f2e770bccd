import { useEffect, useState } from 'preact/hooks';
import { copyText } from '../text/copy-text.ts';
import { useService } from '../api/service.ts';

export interface CopyButtonProps {
  /** Exactly this; or what makes it when it is wanted. */
  readonly text: string | (() => string);
  /** What is copied, in the middle of a sentence: `the data`. */
  readonly what: string;
  /** On the button, where several are side by side. */
  readonly label?: string;
}

const SHOWN_MS = 2_000;

/** Copies a text, exactly as it is, and says whether that worked. */
export function CopyButton({ text, what, label = 'Copy' }: CopyButtonProps) {
  const { announce } = useService();
  const [outcome, setOutcome] = useState<'copied' | 'failed'>();
  useEffect(() => {
    if (outcome === undefined) return undefined;
    const timer = setTimeout(() => setOutcome(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async (button: HTMLButtonElement) => {
    const isCopied = await copyText(typeof text === 'string' ? text : text(), button);
    setOutcome(isCopied ? 'copied' : 'failed');
    announce(isCopied ? `Copied ${what}.` : `This browser does not let the page copy ${what}.`);
  };
  return (
    <button
      type="button"
      class="button button-small"
      aria-label={`Copy ${what}`}
      onClick={(event) => void copy(event.currentTarget)}
    >
      {outcome === undefined ? label : outcome === 'copied' ? 'Copied' : 'Not copied'}
    </button>
  );
}
