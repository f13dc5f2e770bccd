import type { Option } from './options.ts';

/** What every event can be told apart by, and what many of it are called. */
export const MEMBERS = [
  { value: 'name', label: 'Name', plural: 'Names' },
  { value: 'category', label: 'Category', plural: 'Categories' },
  { value: 'user', label: 'User', plural: 'Users' },
  { value: 'session_id', label: 'Session', plural: 'Sessions' },
  { value: 'application', label: 'Application' },
] as const;

export type Member = (typeof MEMBERS)[number]['value'];

/** What was typed as a path: one of the members that can be chosen, or in the payload, where all begin with `data`. */
export function pathOf(text: string, members: readonly Option[]): string {
  if (text === '' || text.startsWith('data.')) return text;
  return members.find(({ value, label }) => value === text || label === text)?.value ?? `data.${text}`;
}
