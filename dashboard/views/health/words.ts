import type { Tone } from './tone.ts';

/** How something is, in words. */
export interface Words {
  readonly tone: Tone;
  /** In a word or two. */
  readonly state: string;
  /** In a sentence or two; empty when the state says it all. */
  readonly sentence: string;
  /** What whoever runs the service can do about it. */
  readonly todo?: string | undefined;
}

/** A state may bring its reason along: `not migrated: tables are gone`. */
export function splitState(text: string): { readonly state: string; readonly reason: string } {
  const [state = '', ...reason] = text.split(': ');
  return { state, reason: reason.join(': ') };
}
