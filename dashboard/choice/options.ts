/** One of the things that can be chosen. */
export interface Option {
  readonly value: string;
  readonly label: string;
  /** What is known of it, in a word or two, beside its label. */
  readonly note?: string;
}

/** More than anyone reads through; what is typed narrows them. */
export const MAX_OPTIONS = 100;

/** Those that have what was typed in them, however it is capitalised: in their label, or in what is beside it. */
export function narrowed(options: readonly Option[], typed: string): readonly Option[] {
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const found = options.filter(({ label, note = '' }) => {
    const text = `${label} ${note}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return found.slice(0, MAX_OPTIONS);
}

/** With what was typed itself at the end, where that may be chosen and is not there already. */
export function withTyped(options: readonly Option[], typed: string): readonly Option[] {
  if (typed === '' || options.some(({ value }) => value === typed)) return options;
  return [...options, { value: typed, label: typed, note: 'as typed' }];
}
