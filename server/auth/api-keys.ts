import { hash, timingSafeEqual } from 'node:crypto';
import { messageOf, show } from '../common/errors.ts';
import { MAX_NAME_CHARACTERS } from '../events/event.ts';
import type { Caller, Role } from './caller.ts';
import { parseRate } from './parse-rate.ts';
import { TokenBucket, type Rate } from './token-bucket.ts';

/** A key as the operator configures it. The key itself is known to its application alone. */
export interface ApiKey {
  readonly application: string;
  /** SHA-256 of the key, in hex. */
  readonly sha256: string;
  readonly roles: readonly Role[];
  /** `own`: it reads the events of its own application and no others. */
  readonly reads?: 'own';
  /** In each process; without it, there is no limit. */
  readonly rate?: Rate;
}

/** Who owns a key. */
export interface KeyOwner extends Omit<Caller, 'address'> {
  readonly application: string;
}

/**
 * Finds the owner of a key that came with a request. All keys are compared, each in constant time, so that how long it
 * takes says nothing about any of them.
 * @param nowMs monotonic, in milliseconds
 */
export function keyFinder(keys: readonly ApiKey[], nowMs: () => number): (key: string) => KeyOwner | undefined {
  const known = keys.map(({ application, sha256, roles, reads, rate }) => ({
    digest: Buffer.from(sha256, 'hex'),
    owner: {
      application,
      roles: new Set(roles),
      ...(reads === 'own' ? { scope: application } : {}),
      ...(rate === undefined ? {} : { rateLimit: new TokenBucket(rate, nowMs) }),
    },
  }));
  return (key) => {
    const received = hash('sha256', key, 'buffer');
    let found: KeyOwner | undefined;
    for (const { digest, owner } of known) {
      if (timingSafeEqual(digest, received)) found = owner;
    }
    return found;
  };
}

/**
 * Reads API_KEYS: `[{"application": "shop", "sha256": "<hex>", "roles": ["write", "read"]}]`, in which an entry may have
 * `"reads": "own"` and a `rate` too.
 * @throws Error that says which entry is wrong, and never shows a hash, or what may be a key in its place
 */
export function parseApiKeys(json: string): readonly ApiKey[] {
  const keys = parseArray(json).map(parseEntry);
  const hashes = new Map<string, number>();
  for (const [index, { application, sha256 }] of keys.entries()) {
    const first = hashes.get(sha256);
    if (first !== undefined) {
      throw new Error(
        `entry ${index + 1} (${show(application)}): received the sha256 of entry ${first + 1}, expected another one`,
      );
    }
    hashes.set(sha256, index);
  }
  return keys;
}

const EXPECTED = '[{"application": "NAME", "sha256": "HEX", "roles": ["write", "read"]}, …]';

function parseArray(json: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // The parser's own message quotes the text.
    throw new Error(`received ${json.length} characters that are not JSON, expected ${EXPECTED}`);
  }
  if (!Array.isArray(value)) throw new Error(`received JSON that is not an array, expected ${EXPECTED}`);
  // An empty list could be meant to let nobody in, and would let everybody in.
  if (value.length === 0) throw new Error(`received no entries, expected ${EXPECTED}`);
  return value;
}

const FIELDS: readonly string[] = ['application', 'sha256', 'roles', 'reads', 'rate'];

function parseEntry(entry: unknown, index: number): ApiKey {
  const name = `entry ${index + 1}`;
  if (typeof entry !== 'object' || entry === null) throw new Error(`${name}: expected an object`);
  const { application, sha256, roles, reads, rate } = entry as Record<string, unknown>;
  if (typeof application !== 'string' || application === '' || application.length > MAX_NAME_CHARACTERS) {
    throw new Error(`${name}: expected an application of 1 to ${MAX_NAME_CHARACTERS} characters`);
  }
  const named = `${name} (${show(application)})`;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new Error(
      `${named}: expected as sha256 the 64 hex digits of the key's hash, as of printf %s KEY | sha256sum`,
    );
  }
  if (!isRoles(roles)) throw new Error(`${named}: expected as roles an array of "read", "write" or both`);
  if (!Object.keys(entry).every((field) => FIELDS.includes(field))) {
    throw new Error(
      `${named}: expected the fields application, sha256, roles and, if you like, reads and rate, and no others`,
    );
  }
  if (reads !== undefined && reads !== 'own') {
    throw new Error(
      `${named}: expected as reads "own", or no reads where the key reads the events of every application`,
    );
  }
  return {
    application,
    sha256: sha256.toLowerCase(),
    roles,
    ...(reads === undefined ? {} : { reads }),
    ...(rate === undefined ? {} : { rate: readRate(named, rate) }),
  };
}

function readRate(named: string, rate: unknown): Rate {
  try {
    return parseRate(rate);
  } catch (error) {
    throw new Error(`${named}: rate: ${messageOf(error)}`, { cause: error });
  }
}

function isRoles(value: unknown): value is readonly Role[] {
  return Array.isArray(value) && value.length > 0 && value.every((role) => role === 'read' || role === 'write');
}
