import type { Tone } from './tone.ts';

const PATHS: Readonly<Record<Tone, string>> = {
  good: 'M5 10.5l3.5 3.5L15 7',
  warn: 'M10 5v6.5M10 14.4v.2',
  bad: 'M6 6l8 8M14 6l-8 8',
  neutral: 'M6 10h8',
};

/** A sign for a tone, of a shape of its own; the word beside it says the same. */
export function Sign({ tone }: { readonly tone: Tone }) {
  return (
    <svg class={`sign tone-${tone}`} viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <circle cx="10" cy="10" r="10" />
      <path d={PATHS[tone]} stroke-width="2" stroke-linecap="round" stroke-linejoin="round" fill="none" />
    </svg>
  );
}
