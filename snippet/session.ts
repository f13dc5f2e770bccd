import { attempt } from './store.ts';

const NAME = 'clickhour';
const IDLE_MS = 30 * 60_000;

interface Visit {
  session: string;
  lastMs: number;
  user?: string | undefined;
}

/** The visit of this tab: it ends with the tab, or when nothing happened for half an hour. */
export class Session {
  #visit: Visit = { session: '', lastMs: 0 };
  readonly #newId: () => string;

  constructor(newId: () => string) {
    this.#newId = newId;
    this.#visit = attempt(() => JSON.parse(sessionStorage.getItem(NAME) ?? '') as Visit) ?? this.#visit;
  }

  /** The session of an event that happens now, and its user. */
  at(nowMs: number): { readonly session_id: string; readonly user: string | undefined } {
    const { session, lastMs } = this.#visit;
    this.#visit.session = nowMs - lastMs < IDLE_MS ? session : this.#newId();
    this.#visit.lastMs = nowMs;
    this.#keep();
    return { session_id: this.#visit.session, user: this.#visit.user };
  }

  user(id: string | undefined): void {
    this.#visit.user = id;
    this.#keep();
  }

  #keep(): void {
    attempt(() => sessionStorage.setItem(NAME, JSON.stringify(this.#visit)));
  }
}
