import type { TokenBucket } from './token-bucket.ts';

/** What a key may do. */
export type Role = 'read' | 'write';

/** Who sent a request, as far as this server can tell. */
export interface Caller {
  /** The application of the key; left out when the request came without one. */
  readonly application?: string;
  readonly roles: ReadonlySet<Role>;
  /** The application whose events alone it reads; left out when it reads those of all. */
  readonly scope?: string;
  /** How much it may do; left out when there is no limit. */
  readonly rateLimit?: TokenBucket;
  /** The client's IP address. */
  readonly address: string;
}
