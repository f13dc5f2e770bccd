import { attempt, type Store } from './store.ts';

/** So soon after an event it is sent, with those that come until then. */
const GATHER_MS = 200;
const TIMEOUT_MS = 15_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** Of what a server says. */
const MAX_RETRY_AFTER_S = 600;
/** Browsers let 64 kB leave while the page goes; a character is up to 3 bytes. */
const BATCH_CHARACTERS = 20_000;
const MAX_KEEPALIVE_CHARACTERS = 21_000;
/** What no later try will change: the service has taken what it takes of it, and says why it does not take the rest. */
const SETTLED: readonly number[] = [202, 400, 413];

/** Sends what is in the store, one request after the other, until it is acknowledged. */
export class Sender {
  readonly #url: string;
  readonly #store: Store;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSending = false;
  /** This is the turn of an event that may be the page's last. */
  #isLastTurn = false;
  #isLeaving = false;
  #failures = 0;
  /** The service has said that it takes nothing before. */
  #notBeforeMs = 0;
  #maxCharacters = BATCH_CHARACTERS;

  constructor(url: string, store: Store) {
    this.#url = url;
    this.#store = store;
    addEventListener('online', () => this.#soon(0));
    addEventListener('pagehide', () => this.#end());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#end();
      else this.#soon(0);
    });
  }

  /** There is something to send. */
  wake(): void {
    // No timer outlives it; what else is tracked in it leaves too.
    if (this.#isLastTurn && !this.#isLeaving) {
      this.#isLeaving = true;
      queueMicrotask(() => {
        this.#isLeaving = false;
        this.#leave();
      });
    }
    if (this.#timer === undefined && !this.#isSending) this.#soon(GATHER_MS);
  }

  #soon(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        if (!this.#isSending) void this.#send();
      },
      Math.max(ms, this.#refusedMs()),
    );
  }

  /** How long the service takes nothing yet, by a clock that nobody sets. */
  #refusedMs(): number {
    return this.#notBeforeMs - performance.now();
  }

  async #send(): Promise<void> {
    const batch = this.#store.batch(this.#maxCharacters);
    if (batch.size === 0) return;
    this.#isSending = true;
    const waitMs = await this.#post(batch).catch(() => this.#backoffMs());
    this.#isSending = false;
    // What comes later has its own time to gather.
    if (!this.#store.isEmpty) this.#soon(waitMs);
  }

  /** @returns how long to wait before the next */
  async #post(batch: ReadonlyMap<string, string>): Promise<number> {
    const body = bodyOf(batch);
    const abort = new AbortController();
    const timeout = setTimeout(() => abort.abort(), TIMEOUT_MS);
    // Text needs no preflight, and is what a beacon sends.
    const answer = await fetch(this.#url, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'text/plain' },
      keepalive: body.length <= MAX_KEEPALIVE_CHARACTERS,
      credentials: 'omit',
      signal: abort.signal,
    }).finally(() => clearTimeout(timeout));
    const { status, headers } = answer;
    if (status === 413 && batch.size > 1) {
      this.#maxCharacters = body.length >> 1;
      return 0;
    }
    if (!SETTLED.includes(status)) {
      const retryAfterS = Math.min(Number(headers.get('Retry-After')) || 0, MAX_RETRY_AFTER_S);
      this.#notBeforeMs = performance.now() + Math.max(retryAfterS * 1000, this.#backoffMs());
      return 0;
    }
    this.#failures = 0;
    for (const id of batch.keys()) this.#store.remove(id);
    // What has just happened gathers first, and a view its title.
    return GATHER_MS;
  }

  #backoffMs(): number {
    this.#failures += 1;
    return Math.min(FIRST_RETRY_MS * 2 ** this.#failures, MAX_RETRY_MS) * (0.5 + Math.random() / 2);
  }

  #end(): void {
    this.#isLastTurn = true;
    setTimeout(() => (this.#isLastTurn = false));
    this.#leave();
  }

  /** The page goes, or may: nobody will be here for the answer. What the service has already it knows by its id. */
  #leave(): void {
    if (this.#refusedMs() > 0) return;
    const batch = this.#store.batch(this.#maxCharacters);
    if (batch.size > 0) attempt(() => navigator.sendBeacon(this.#url, bodyOf(batch)));
  }
}

function bodyOf(batch: ReadonlyMap<string, string>): string {
  return `[${[...batch.values()].join()}]`;
}
