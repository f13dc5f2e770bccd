import type { Config } from '../config/config.ts';

/** What the workers replied to one call. */
export interface Replies {
  readonly replies: readonly unknown[];
  /** How many were called; more than have replied when some were too slow or ended. */
  readonly called: number;
}

/**
 * Workers are connected to the primary alone, which hands their calls on, and stops them:
 *   worker --call--> primary --request--> every worker --reply--> primary --replies--> worker
 *   worker --stored--> primary --stored--> every other worker
 *   worker --loaded--> primary: what was sent before, it may have missed
 *   worker --configure--> primary --configuration--> worker
 *   primary --stop--> every worker
 * `clickhour` tells these messages from those of Node and of libraries.
 */
export type FromPrimary =
  | { readonly clickhour: 'request'; readonly id: string; readonly name: string }
  | ({ readonly clickhour: 'replies'; readonly id: string } & Replies)
  | { readonly clickhour: 'configuration'; readonly config: Config }
  | { readonly clickhour: 'stored' }
  | { readonly clickhour: 'stop' };

export type ToPrimary =
  | { readonly clickhour: 'call'; readonly id: string; readonly name: string }
  | { readonly clickhour: 'reply'; readonly id: string; readonly reply: unknown }
  | { readonly clickhour: 'loaded' }
  | { readonly clickhour: 'configure' }
  | { readonly clickhour: 'stored' };
