import autocannon, { type Request, type Result } from 'autocannon';
import { deferred } from '../../server/common/deferred.ts';

/** One request of a load. */
export interface LoadRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface LoadPlan {
  /** Origin of the server. */
  readonly url: string;
  /** Called for each request, so that no two need be alike. */
  readonly next: () => LoadRequest;
  readonly connections: number;
  /** For this many seconds, or this many requests. */
  readonly extent: { readonly seconds: number } | { readonly requests: number };
  /** Requests per second of all connections together; without it, as fast as answers come. */
  readonly ratePerS?: number;
}

export interface Measurement {
  /** Answers with a 2xx status per second; no others count. */
  readonly ratePerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly non2xx: number;
  /** Requests that ended without an answer. */
  readonly errors: number;
  /** Of all requests that were answered, in seconds. */
  readonly seconds: number;
}

/** Runs one load from this process. An aborted signal ends it early, with what was measured until then. */
export async function measure(plan: LoadPlan, signal: AbortSignal): Promise<Measurement> {
  signal.throwIfAborted();
  const ended = deferred<Result>();
  const options = {
    url: plan.url,
    connections: plan.connections,
    ...('seconds' in plan.extent ? { duration: plan.extent.seconds } : { amount: plan.extent.requests }),
    ...(plan.ratePerS === undefined ? {} : { overallRate: plan.ratePerS }),
    requests: [{ setupRequest: (request: Request) => Object.assign(request, plan.next()) }],
  };
  const run = autocannon(options, (error: unknown, result: Result) => {
    if (error instanceof Error) ended.reject(error);
    else ended.resolve(result);
  });
  const stop = () => run.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { '2xx': answered, non2xx, errors, duration, latency } = await ended.promise;
    return { ratePerS: answered / duration, p50Ms: latency.p50, p99Ms: latency.p99, non2xx, errors, seconds: duration };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
