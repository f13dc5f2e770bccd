/** A piece of a text: as it is, or a character that cannot be seen, with how often it stands there. */
export type VisiblePart = { readonly text: string } | { readonly code: string; readonly times: number };

/*
 * Control characters, and those that change the direction of what follows or are no wider than nothing. Not the joiners
 * U+200C and U+200D, of which words and emoji are made; and of control characters, not the tab and the line feed.
 */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for, to be shown instead of acted on
  /([\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB])\1*/g;

/** Cuts a text so that what cannot be seen can be shown by its code, and cannot hide or turn around what can. */
export function visibleParts(text: string): VisiblePart[] {
  const parts: VisiblePart[] = [];
  let at = 0;
  for (const { 0: hidden, 1: character = '', index } of text.matchAll(HIDDEN)) {
    if (index > at) parts.push({ text: text.slice(at, index) });
    parts.push({ code: codeOf(character), times: hidden.length });
    at = index + hidden.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

function codeOf(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
