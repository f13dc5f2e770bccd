import { attempt } from './store.ts';

const NAME = 'clickhour';
const IDLE_MS = 30 * 60_000;

interface Visit {
  readonly session: string;
  readonly lastMs: number;
  readonly user?: string | undefined;
}

const NONE: Visit = { session: '', lastMs: 0 };

/**
 * The visit of this tab: it ends with the tab, or when nothing happened for half an hour. It is read anew each time, because
 * the pages that a tab goes back to, and the frames in them, write it too.
 */
export class Session {
  readonly #newId: () => string;
  /** What the storage of the tab did not take. */
  #unstored: Visit | undefined;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /** The session of an event that happens now, and its user. */
  at(nowMs: number): { readonly session_id: string; readonly user: string | undefined } {
    const { session, lastMs, user } = this.#read();
    const id = nowMs - lastMs < IDLE_MS ? session : this.#newId();
    this.#keep({ session: id, lastMs: nowMs, user });
    return { session_id: id, user };
  }

  user(id: string | undefined): void {
    this.#keep({ ...this.#read(), user: id });
  }

  forget(): void {
    attempt(() => sessionStorage.removeItem(NAME));
  }

  #read(): Visit {
    return this.#unstored ?? attempt(() => JSON.parse(sessionStorage.getItem(NAME) ?? '') as Visit | null) ?? NONE;
  }

  #keep(visit: Visit): void {
    this.#unstored = visit;
    attempt(() => {
      sessionStorage.setItem(NAME, JSON.stringify(visit));
      this.#unstored = undefined;
    });
  }
}
