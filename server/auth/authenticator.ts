import { addressRateLimits } from './address-rate-limits.ts';
import { keyFinder, type ApiKey, type KeyOwner } from './api-keys.ts';
import type { Caller, Role } from './caller.ts';
import { clientAddress } from './client-address.ts';
import { networks } from './networks.ts';
import type { Rate } from './token-bucket.ts';

/** Whom the operator trusts. Networks are CIDR blocks. */
export interface AuthRules {
  readonly keys: readonly ApiKey[];
  /** May write without a key. */
  readonly networks: readonly string[];
  /** Their X-Forwarded-For is believed. */
  readonly proxies: readonly string[];
  /** Of each address that calls without a key, in each process; without it, there is no limit. */
  readonly ratePerAddress?: Rate;
}

/** What a request says about who sent it. */
export interface RequestIdentity {
  readonly socketAddress: string;
  readonly forwardedFor: string | undefined;
  readonly authorization: string | undefined;
  /** A key that came elsewhere than in the header, which goes before it. */
  readonly key?: string | undefined;
}

/** Names the caller of a request. */
export type Authenticator = (identity: RequestIdentity) => Caller;

const EVERYTHING: ReadonlySet<Role> = new Set<Role>(['read', 'write']);
const WRITE: ReadonlySet<Role> = new Set<Role>(['write']);
const NOTHING: ReadonlySet<Role> = new Set<Role>();

/** Whether nothing says whom to trust, so that everyone is. */
export function isOpen({ keys, networks }: AuthRules): boolean {
  return keys.length === 0 && networks.length === 0;
}

/**
 * Where there are keys, one decides alone, also from a trusted network: one that is wrong should be noticed, not made up
 * for.
 */
export function createAuthenticator(rules: AuthRules, nowMs: () => number = () => performance.now()): Authenticator {
  const proxies = networks(rules.proxies);
  const address = ({ socketAddress, forwardedFor }: RequestIdentity) =>
    clientAddress(socketAddress, forwardedFor, proxies);
  const { ratePerAddress } = rules;
  const rateLimitOf = ratePerAddress === undefined ? undefined : addressRateLimits(ratePerAddress, nowMs);
  const keyless = (roles: ReadonlySet<Role>, from: string): Caller =>
    rateLimitOf === undefined ? { roles, address: from } : { roles, address: from, rateLimit: rateLimitOf(from) };
  if (isOpen(rules)) return (identity) => keyless(EVERYTHING, address(identity));

  const trusted = networks(rules.networks);
  const byNetwork = (from: string) => keyless(trusted.has(from) ? WRITE : NOTHING, from);
  // Clients of others always send one.
  if (rules.keys.length === 0) return (identity) => byNetwork(address(identity));
  const ownerOf = keyFinder(rules.keys, nowMs);
  return (identity) => {
    const from = address(identity);
    const { authorization, key = '' } = identity;
    if (authorization !== undefined) return withKey(presentedKey(authorization), from, ownerOf);
    if (key !== '') return withKey(key, from, ownerOf);
    return byNetwork(from);
  };
}

function withKey(key: string | undefined, address: string, ownerOf: (key: string) => KeyOwner | undefined): Caller {
  const owner = key === undefined ? undefined : ownerOf(key);
  return owner === undefined ? { roles: NOTHING, address } : { address, ...owner };
}

/**
 * The key in an `Authorization` header: `Bearer KEY`, or the user name of `Basic`.
 * @returns undefined when the header is neither, or its key is empty
 */
function presentedKey(authorization: string): string | undefined {
  const [, scheme = '', credentials = ''] = /^(bearer|basic) +(\S+) *$/i.exec(authorization) ?? [];
  const key = scheme.toLowerCase() === 'basic' ? basicUser(credentials) : credentials;
  return key === '' ? undefined : key;
}

function basicUser(credentials: string): string {
  const [user = ''] = Buffer.from(credentials, 'base64').toString('utf8').split(':', 1);
  return user;
}
