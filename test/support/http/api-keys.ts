import { createHash } from 'node:crypto';
import type { ApiKey } from '../../../server/auth/api-keys.ts';
import type { Role } from '../../../server/auth/caller.ts';

/** What an operator configures for a key. */
export function apiKey(key: string, application: string, ...roles: readonly Role[]): ApiKey {
  return { application, sha256: createHash('sha256').update(key).digest('hex'), roles };
}

/** The same of a key that reads the events of its own application and no others. */
export function ownKey(key: string, application: string, ...roles: readonly Role[]): ApiKey {
  return { ...apiKey(key, application, ...roles), reads: 'own' };
}
