import { AppError, messageOf, type ErrorCode, type Issue } from '../../common/errors.ts';
import { backoffMs, pause, type Backoff } from '../../common/retry.ts';

/** What the service said about the events of a body. */
export interface EventsVerdict {
  readonly accepted: number;
  readonly rejected: readonly { readonly reason: string; readonly errors: readonly Issue[] }[];
  /** Rejected without being listed. */
  readonly omitted: number;
}

export interface EventsClientOptions {
  /** Origin of the service. */
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly signal: AbortSignal;
  /** Called before each wait, with why, for how long, and whether somebody answered. */
  readonly onWait: (reason: string, seconds: number, isAnswered: boolean) => void;
}

const BACKOFF: Backoff = { firstMs: 500, maxMs: 30_000 };
/** In a row; with the pauses in between some minutes, which a restart takes less than. */
const MAX_TRIES = 12;
const MAX_RETRY_AFTER_S = 60;
const TIMEOUT_MS = 60_000;
/** Overload; and what a proxy says that got no answer. */
const AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Of refusals for the key. */
const CODES: Readonly<Record<number, ErrorCode>> = { 401: 'unauthorized', 403: 'forbidden' };

/** Posts NDJSON to a service, again while it is overloaded or does not answer. */
export class EventsClient {
  readonly #options: EventsClientOptions;

  constructor(options: EventsClientOptions) {
    this.#options = options;
  }

  /**
   * A body that was sent and not answered is sent again: events with ids of their own count once.
   * @throws AppError when the service refuses for good (`unauthorized` and `forbidden`: for the key), or for too long
   */
  async post(texts: readonly string[]): Promise<EventsVerdict> {
    const body = texts.join('\n');
    for (let tries = 1; ; tries += 1) {
      const answer = await this.#send(body);
      if (answer instanceof Response && !AGAIN.has(answer.status)) {
        if (answer.status !== 413) return await verdictOf(answer);
        await answer.body?.cancel();
        return await this.#postSmaller(texts);
      }
      const reason = answer instanceof Response ? await problemOf(answer) : messageOf(answer);
      if (tries === MAX_TRIES) {
        throw new AppError('unavailable', `gave up after ${tries} tries; the last: ${reason}`);
      }
      const waitMs = Math.max(retryAfterMs(answer), backoffMs(tries, BACKOFF, Math.random));
      this.#options.onWait(reason, waitMs / 1000, answer instanceof Response);
      await pause(waitMs, this.#options.signal);
      if (this.#options.signal.aborted) throw interrupted();
    }
  }

  async #postSmaller(texts: readonly string[]): Promise<EventsVerdict> {
    if (texts.length === 1) {
      const errors = [{ path: '', message: 'larger than the service takes' }];
      return { accepted: 0, rejected: [{ reason: 'too_large', errors }], omitted: 0 };
    }
    const middle = Math.ceil(texts.length / 2);
    const first = await this.post(texts.slice(0, middle));
    const second = await this.post(texts.slice(middle));
    return {
      accepted: first.accepted + second.accepted,
      rejected: [...first.rejected, ...second.rejected],
      omitted: first.omitted + second.omitted,
    };
  }

  async #send(body: string): Promise<unknown> {
    const { url, apiKey, signal } = this.#options;
    try {
      return await fetch(`${url}/events`, {
        method: 'POST',
        body,
        headers: {
          'Content-Type': 'application/x-ndjson',
          ...(apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` }),
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
    } catch (error) {
      if (signal.aborted) throw interrupted();
      return error instanceof Error && error.cause !== undefined ? error.cause : error;
    }
  }
}

function interrupted(): AppError {
  return new AppError('unavailable', 'interrupted');
}

function retryAfterMs(answer: unknown): number {
  const seconds = answer instanceof Response ? Number(answer.headers.get('retry-after') ?? 0) : 0;
  return seconds > 0 ? Math.min(seconds, MAX_RETRY_AFTER_S) * 1000 : 0;
}

interface Body {
  readonly accepted?: number;
  readonly rejected?: EventsVerdict['rejected'];
  readonly rejected_omitted?: number;
}

async function verdictOf(answer: Response): Promise<EventsVerdict> {
  if (answer.status !== 202 && answer.status !== 400)
    throw new AppError(CODES[answer.status] ?? 'invalid', await problemOf(answer));
  const { accepted, rejected, rejected_omitted: omitted = 0 } = (await answer.json()) as Body;
  if (accepted === undefined || rejected === undefined || accepted + rejected.length + omitted === 0) {
    throw new AppError('invalid', `received ${answer.status} without verdicts, expected them for each event`);
  }
  return { accepted, rejected, omitted };
}

/** The status, and what the service says about it. */
async function problemOf(answer: Response): Promise<string> {
  const text = await answer.text().catch(() => '');
  try {
    const { detail } = JSON.parse(text) as { readonly detail?: unknown };
    if (typeof detail === 'string') return `${answer.status}: ${detail}`;
  } catch {
    // Not a problem of the service: a proxy in front of it, say.
  }
  return `${answer.status} ${answer.statusText}`;
}
