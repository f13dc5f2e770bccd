import type { Caller } from '../../auth/caller.ts';
import { AppError, show } from '../../common/errors.ts';

/**
 * Takes events or questions from what a caller may do.
 * @throws AppError `rate_limited` when it has used that up; then nothing is taken
 */
export function limitRate({ allowance, application, address }: Caller, count: number): void {
  const waitS = allowance?.take(count) ?? 0;
  if (waitS === 0) return;
  const who = application === undefined ? `the address ${address}` : `the key of ${show(application)}`;
  const retryAfterS = Math.ceil(waitS);
  const detail = `received ${count} more ${count === 1 ? 'event or question' : 'events'} with ${who} than its rate allows, expected ${count === 1 ? 'it' : 'them'} in ${retryAfterS} s; nothing was stored`;
  throw new AppError('rate_limited', detail, { retryAfterS });
}
