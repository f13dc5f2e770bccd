import { visibleParts } from '../text/visible-text.ts';

/**
 * Text that somebody sent, as text: nothing in it has a meaning for the page. Its direction is its own, and characters
 * that cannot be seen are shown by their codes.
 */
export function StoredText({ text }: { readonly text: string }) {
  return (
    <bdi>
      {visibleParts(text).map((part, index) =>
        'text' in part ? (
          part.text
        ) : (
          <span key={index} class="code-point">
            {part.code}
            {part.times > 1 && ` ×${part.times}`}
          </span>
        ),
      )}
    </bdi>
  );
}

/** The same on one line, as much as there is room for. An empty one is said to be so. */
export function StoredLine({ text }: { readonly text: string }) {
  if (text === '') return <NoText />;
  return (
    <span class="one-line" title={text.length > TITLE_FROM ? text : undefined}>
      <StoredText text={text} />
    </span>
  );
}

/** Where there is no text. */
export function NoText() {
  return (
    <span class="no-text">
      <span aria-hidden="true">–</span>
      <span class="visually-hidden">none</span>
    </span>
  );
}

/** Shorter ones have room everywhere. */
const TITLE_FROM = 24;
