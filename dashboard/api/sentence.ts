import type { Issue } from './api-error.ts';

export function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** The service writes without a capital and a full stop. */
export function sentence(text: string): string {
  return `${capitalised(text)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** What the service says about one parameter, for its field; undefined when it has nothing to say. */
export function messageAt(issues: readonly Issue[], path: string): string | undefined {
  const messages = issues.filter((issue) => issue.path === path).map(({ message }) => sentence(message));
  return messages.length === 0 ? undefined : messages.join(' ');
}
