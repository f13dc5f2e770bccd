import { show, type Issue } from '../common/errors.ts';
import { givenText } from './given-text.ts';
import type { Query } from './query-parameters.ts';

/** The header that names an event instead of the parameter `event_id`. */
export const IDEMPOTENCY_KEY = 'Idempotency-Key';

/**
 * The id that a sender gives its event: by a parameter, by a header, or by both where they are the same. Adds an issue
 * otherwise.
 * @param headers every `Idempotency-Key`, as Node gives headers: a character a byte
 * @returns undefined when the sender names no event
 */
export function parseEventId(
  parameter: Query[string],
  headers: readonly string[],
  issues: Issue[],
): string | undefined {
  const before = issues.length;
  const ids: string[] = [];
  if (parameter !== undefined) ids.push(givenText(parameter, 'event_id', issues));
  if (headers.length > 0) {
    const given = headers.map(utf8Of);
    ids.push(givenText(given.length === 1 ? given[0] : given, IDEMPOTENCY_KEY, issues));
  }
  const [first, second = first] = ids;
  if (issues.length === before && first !== second) {
    const message = `received ${show(first)}, and ${show(second)} as ${IDEMPOTENCY_KEY}, expected the same in both, or one of them`;
    issues.push({ path: 'event_id', message });
  }
  return first;
}

function utf8Of(header: string): string {
  return Buffer.from(header, 'latin1').toString();
}
