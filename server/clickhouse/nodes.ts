import { setMaxListeners } from 'node:events';
import { AppError } from '../common/errors.ts';
import type { Semaphore } from '../common/semaphore.ts';
import { connect, type ClickHouseClient, type ConnectOptions } from './client.ts';
import { nodesOf } from './endpoint.ts';
import { ClassifiedError, codeOf } from './errors.ts';

/** Connections that were refused, cut, or led nowhere: somebody else may be asked at once. */
const UNREACHABLE: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** SOCKET_TIMEOUT, NETWORK_ERROR, ALL_CONNECTION_TRIES_FAILED: the node answers, and cannot reach the others. */
const CUT_OFF: ReadonlySet<string | undefined> = new Set(['209', '210', '279']);

type Request<T> = (client: ClickHouseClient, signal: AbortSignal | undefined, waitedMs: number) => Promise<T>;

/**
 * All nodes of ClickHouse as one: whichever is asked, the answer is the same. A request goes by way of the node that the
 * last one went by; while that cannot be reached, by way of the next, and of each at most once. One server is one node.
 */
export class Nodes {
  readonly #clients: readonly ClickHouseClient[];
  /** Shared with those of `until`. */
  #way: { node: number };
  readonly #semaphore: Semaphore | undefined;
  #signal: AbortSignal | undefined;

  /**
   * @param first of the clients, the one to begin with; any number
   * @param semaphore whose limits hold for all requests together; without any they wait for a connection without one
   */
  constructor(clients: readonly ClickHouseClient[], first = 0, semaphore?: Semaphore) {
    this.#clients = clients;
    this.#way = { node: first % clients.length };
    this.#semaphore = semaphore;
  }

  /**
   * The same nodes for whoever waits no longer than until the signal is aborted: nothing is asked then, and what is under
   * way fails with its reason. So a question is bound to its asker once, whatever it asks on the way to its answer.
   */
  until(signal: AbortSignal): Nodes {
    // As many requests as there are listen to it, and Node would take more than ten for a leak.
    setMaxListeners(0, signal);
    const bound = new Nodes(this.#clients, 0, this.#semaphore);
    bound.#way = this.#way;
    bound.#signal = signal;
    return bound;
  }

  /**
   * Sends a request, which must do no harm when it is sent twice, one try after the other, when it is its turn.
   * @param request gets the signal to send it with, if there is one, and how long it waited for its turn, in milliseconds
   * @throws what the last try throws, the reason of the signal, and AppError `overloaded` when it is not its turn in time
   */
  async use<T>(request: Request<T>): Promise<T> {
    const semaphore = this.#semaphore;
    return await (semaphore === undefined
      ? this.#try(request, 0)
      : semaphore.take(async (waitedMs) => this.#try(request, waitedMs), this.#signal));
  }

  async #try<T>(request: Request<T>, waitedMs: number): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      this.#signal?.throwIfAborted();
      const { node } = this.#way;
      const client = this.#clients[node];
      if (client === undefined) throw new RangeError(`there is no node ${node}`);
      try {
        return await request(client, this.#signal, tries === 1 ? waitedMs : 0);
      } catch (error) {
        this.#signal?.throwIfAborted();
        // Of our own making, before the node was asked.
        if (error instanceof AppError || error instanceof ClassifiedError) throw error;
        const isNotReached = isUnreachable(error);
        // A node that does not answer in time, or that is cut off, is left too, but this request has waited long enough.
        if (isNotReached || codeOf(error) === undefined || CUT_OFF.has(codeOf(error))) this.#leave(node);
        if (!isNotReached || tries >= this.#clients.length) throw error;
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map(async (client) => client.close()));
  }

  /** Of several requests that failed at one node, the first moves on for all. */
  #leave(node: number): void {
    if (this.#way.node === node) this.#way.node = (node + 1) % this.#clients.length;
  }
}

/**
 * A client for each node of the endpoint. The caller closes them all.
 * @param first which node to begin with; any number
 */
export function connectAny(options: ConnectOptions, first = 0, semaphore?: Semaphore): Nodes {
  const clients = nodesOf(options.endpoint).map((endpoint) => connect({ ...options, endpoint }));
  return new Nodes(clients, first, semaphore);
}

/** Uses clients for all nodes for as long as `use` takes, and closes them, whatever comes of that. */
export async function withNodes<T>(options: ConnectOptions, use: (nodes: Nodes) => Promise<T>): Promise<T> {
  const nodes = connectAny(options);
  try {
    return await use(nodes);
  } finally {
    await nodes.close();
  }
}

/** Whether a request failed because no ClickHouse could be spoken to. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof Error && codeOf(error) === undefined && 'code' in error && UNREACHABLE.has(error.code);
}
