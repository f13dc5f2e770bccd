import type { ParameterizedContext } from 'koa';
import type { Query } from '../../events/query-parameters.ts';
import type { Caller } from '../../auth/caller.ts';
import type { TraceIds } from '../../common/tracing.ts';

/** What the middleware in front of the routes has found out about a request. */
export interface RequestState {
  caller: Caller;
  /** Who calls, if this key came with the request elsewhere than in its header; the header goes before it. */
  callerWithKey: (key: string) => Caller;
  /** For the answer and for every log line about the request. */
  requestId: string;
  /** The same, if the request belongs to a trace. */
  trace?: TraceIds;
  /** The parameters of the query, once somebody has read them; see `queryOf`. */
  query?: Query;
}

/** What a log line says of the request that it is about. */
export function aboutRequest({ requestId, trace }: RequestState) {
  return { requestId, ...trace };
}

export type RequestContext = ParameterizedContext<RequestState>;
