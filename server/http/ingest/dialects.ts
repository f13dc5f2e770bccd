import type { Dialect } from './dialect.ts';
import { POSTHOG_DIALECT } from './posthog.ts';
import { SEGMENT_DIALECT } from './segment.ts';

/** Every HTTP API of others that is served here. */
export const DIALECTS: readonly Dialect[] = [SEGMENT_DIALECT, POSTHOG_DIALECT];

/** What of these paths must not have 503 for pressure, with a slash at their end and without. */
const WITH_429: ReadonlySet<string> = new Set(
  DIALECTS.filter(({ pressure }) => pressure === 429)
    .flatMap(({ paths }) => paths)
    .flatMap(({ path }) => [path, `${path}/`]),
);

/** The status that makes the clients of a path wait and send again. */
export function pressureAt(path: string): Dialect['pressure'] {
  return WITH_429.has(path) ? 429 : 503;
}
