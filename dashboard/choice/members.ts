import type { Option } from './options.ts';

/** What every event can be told apart by. */
export const MEMBERS: readonly Option[] = [
  { value: 'name', label: 'Name' },
  { value: 'category', label: 'Category' },
  { value: 'user', label: 'User' },
  { value: 'session_id', label: 'Session' },
  { value: 'application', label: 'Application' },
];

/** What was typed as a path: one of the members that can be chosen, or in the payload, where all begin with `data`. */
export function pathOf(text: string, members: readonly Option[]): string {
  if (text === '' || text.startsWith('data.')) return text;
  return members.find(({ value, label }) => value === text || label === text)?.value ?? `data.${text}`;
}
