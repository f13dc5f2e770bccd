import { show } from '../../common/errors.ts';

const SHOWN_CHARACTERS = 80;

/** A received JSON value in an error message. Short and cheap whatever its size: values are of any size and depth. */
export function received(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || value.length <= SHOWN_CHARACTERS) return show(value);
  return `${show(value.slice(0, SHOWN_CHARACTERS), 7 * SHOWN_CHARACTERS)}… (${value.length} characters)`;
}
