import type { ParameterizedContext } from 'koa';
import type { Query } from '../../events/parameters.ts';
import type { Caller } from '../../auth/caller.ts';

/** What the middleware in front of the routes has found out about a request. */
export interface RequestState {
  caller: Caller;
  /** Who calls, if this key came with the request elsewhere than in its header; the header goes before it. */
  callerWithKey: (key: string) => Caller;
  /** For the answer and for every log line about the request. */
  requestId: string;
  /** The parameters of the query, once somebody has read them; see `queryOf`. */
  query?: Query;
}

export type RequestContext = ParameterizedContext<RequestState>;
