import { show, type Issue } from '../common/errors.ts';
import { givenText, type TextSource } from './given-text.ts';
import type { Query } from './parameters.ts';

/** The header that names an event instead of the parameter `event_id`. */
export const IDEMPOTENCY_KEY = 'Idempotency-Key';

const PARAMETER: TextSource = {
  path: 'event_id',
  one: 'one event id',
  any: 'an event id',
  encoding: 'percent-encoded UTF-8',
};
const HEADER: TextSource = { ...PARAMETER, path: IDEMPOTENCY_KEY, encoding: 'UTF-8' };

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
  if (parameter !== undefined) ids.push(givenText(parameter, PARAMETER, issues));
  if (headers.length > 0) {
    const given = headers.map(utf8Of);
    ids.push(givenText(given.length === 1 ? given[0] : given, HEADER, issues));
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
