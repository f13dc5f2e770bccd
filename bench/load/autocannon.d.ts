// The part of autocannon that is used here; the package brings no types.
declare module 'autocannon' {
  export interface Request {
    method: string;
    path: string;
    headers: Record<string, string>;
    body?: string | Buffer;
  }

  export interface Options {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration?: number;
    /** Requests, instead of a duration. */
    readonly amount?: number;
    /** Requests per second of all connections together. */
    readonly overallRate?: number;
    readonly requests: readonly { readonly setupRequest: (request: Request) => Request }[];
  }

  export interface Result {
    readonly '2xx': number;
    readonly non2xx: number;
    /** Failed connections and timeouts. */
    readonly errors: number;
    /** Seconds, to two digits. */
    readonly duration: number;
    /** Milliseconds, whole. */
    readonly latency: { readonly p50: number; readonly p99: number };
  }

  export interface Instance extends Promise<Result> {
    stop(): void;
  }

  const autocannon: (options: Options) => Instance;
  // eslint-disable-next-line import/no-default-export
  export default autocannon;
}
