/** A value is shown to here; nobody reads further in a list. */
const MAX_CHARACTERS = 400;

/** A key, or a value at a path, as text; `isQuiet` where the text stands for something that cannot be seen. */
export interface ValueText {
  readonly text: string;
  readonly isQuiet: boolean;
}

/** Strings as they are, anything else as JSON. */
export function valueText(value: unknown): ValueText {
  if (value === null || value === undefined) return { text: '–', isQuiet: true };
  if (typeof value !== 'string') return { text: cut(JSON.stringify(value)), isQuiet: false };
  if (value.trim() === '') return { text: cut(JSON.stringify(value)), isQuiet: true };
  return { text: cut(value), isQuiet: false };
}

function cut(text: string): string {
  if (text.length <= MAX_CHARACTERS) return text;
  return `${text.slice(0, MAX_CHARACTERS).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
