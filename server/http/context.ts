import type { ParameterizedContext } from 'koa';
import type { Caller } from '../trust/caller.ts';

/** What the middleware in front of the routes has found out about a request. */
export interface RequestState {
  caller: Caller;
}

export type RequestContext = ParameterizedContext<RequestState>;
