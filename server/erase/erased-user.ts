import { jsonOf } from '../common/json.ts';
import { CLOUD_EVENT } from '../events/dialects/cloud-event.ts';
import { pathOf } from '../events/dialects/mapping.ts';
import { POSTHOG } from '../events/dialects/posthog.ts';
import { SEGMENT } from '../events/dialects/segment.ts';

/** Whose events are erased. */
export interface ErasedUser {
  readonly user: string;
  /** Only what came with a key of this application; undefined for all. */
  readonly application: string | undefined;
}

/** SQL of a condition that follows others; `{application:String}` is a parameter of it. */
export function ofApplication({ application }: ErasedUser): string {
  return application === undefined ? '' : 'AND application = {application:String}';
}

/** Strings of JSON, in text that need not be JSON as a whole. One without an end is one, so that each character is looked at once. */
const STRINGS = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)/gs;

const NUMBER = String.raw`-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?`;

/** Where an event has its user, and where the messages of each dialect have it, without what is around it. */
const USERS = [
  'user',
  ...[SEGMENT, POSTHOG, CLOUD_EVENT].flatMap(({ user }) => ('is' in user ? [] : user.map(pathOf))),
].map((path) => path.slice(path.lastIndexOf('.') + 1));

/** A number there: the dialects make a text of it. Elsewhere a number says nothing of a user. For ClickHouse, too. */
export const NUMBERED_USER = String.raw`"(?:${USERS.join('|')})"\s*:\s*(${NUMBER})`;

/** Whether a number may have become this user. */
export function isNumber(user: string): boolean {
  return String(Number(user)) === user;
}

/**
 * Whether a text names the user as a JSON string: anywhere, however it is escaped, also in JSON that is itself in a string,
 * and in a text that is damaged or cut. Or as a number, where a user is.
 */
export function mentions(text: string, user: string): boolean {
  if (text.includes(JSON.stringify(user)) || (isNumber(user) && hasNumber(text, user))) return true;
  if (!text.includes('\\')) return false;
  for (const [token] of text.matchAll(STRINGS)) {
    if (!token.includes('\\')) continue;
    const string = jsonOf(token);
    if (typeof string === 'string' && (string === user || mentions(string, user))) return true;
  }
  return false;
}

function hasNumber(text: string, user: string): boolean {
  for (const [, number] of text.matchAll(new RegExp(NUMBERED_USER, 'g')))
    if (String(Number(number)) === user) return true;
  return false;
}

/** Whether a line of the journal is an event of the user, or a rejection that names the user, or is damaged and does. */
export function isOfUser(line: string, { user, application }: ErasedUser): boolean {
  const row = jsonOf(line);
  if (typeof row !== 'object' || row === null)
    return mentions(line, user) && (application === undefined || mentions(line, application));
  if (application !== undefined && application !== textOf(row, 'application')) return false;
  if (!Object.hasOwn(row, 'payload')) return textOf(row, 'user') === user;
  const payload = textOf(row, 'payload');
  return mentions(payload, user) || mentions(textOf(row, 'errors'), user) || isInAddress(payload, user);
}

/** What a rejected event begins with that came in an address. */
export const ADDRESS = '?';

function isInAddress(payload: string, user: string): boolean {
  return payload.startsWith(ADDRESS) && new URLSearchParams(payload).getAll('user').includes(user);
}

function textOf(row: object, column: string): string {
  const value: unknown = Object.hasOwn(row, column) ? Reflect.get(row, column) : '';
  return typeof value === 'string' ? value : '';
}
