const PREFIX = 'clickhour:';
/** What is kept at most; of more, the oldest go. */
const MAX_EVENTS = 1000;
const MAX_CHARACTERS = 1_000_000;

/** Runs what a browser may forbid: its storage, in some modes of privacy. */
export function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/**
 * The texts of the events that nobody has acknowledged, by id, in the order in which they happened. Each has an entry of
 * its own in `localStorage`: so they are there after a reload, and tabs never write over each other's.
 */
export class Store {
  readonly #events = new Map<string, string>();
  #prefix = PREFIX;
  #characters = 0;
  /** Writes the event that is open. */
  #finish = nothing;

  /**
   * Takes over what pages before this one, or beside it, left there. Sent by several, an event is still one event.
   * @param address where it goes, with its key: what goes elsewhere is left to the pages that send it there
   */
  load(address: string): void {
    this.#prefix = `${PREFIX}${address} `;
    const left =
      attempt(() => Object.entries<string>(localStorage).filter(([key]) => key.startsWith(this.#prefix))) ?? [];
    // The storage has no order of its own.
    left.sort(([, one], [, other]) => timeOf(one) - timeOf(other));
    for (const [key, text] of left) this.#keep(key.slice(this.#prefix.length), text);
  }

  /** @param isOpen it may become another text: it is written again before it leaves, and before the next that is open */
  add(id: string, write: () => string, isOpen: boolean): void {
    const keep = (): void => {
      const text = write();
      attempt(() => localStorage.setItem(this.#prefix + id, text));
      this.#keep(id, text);
    };
    keep();
    if (!isOpen) return;
    this.#finish();
    this.#finish = () => {
      this.#finish = nothing;
      if (this.#events.has(id)) keep();
    };
  }

  get isEmpty(): boolean {
    return this.#events.size === 0;
  }

  /** Removes what pages have kept here, wherever it was to go. */
  forget(): void {
    attempt(() => {
      for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
    });
  }

  remove(id: string): void {
    this.#characters -= this.#events.get(id)?.length ?? 0;
    this.#events.delete(id);
    attempt(() => localStorage.removeItem(this.#prefix + id));
  }

  /** The first events that go into one request: one, or as many as have so many characters. */
  batch(maxCharacters: number): Map<string, string> {
    this.#finish();
    const batch = new Map<string, string>();
    let characters = 0;
    for (const [id, text] of this.#events) {
      characters += text.length + 1;
      if (batch.size > 0 && characters > maxCharacters) break;
      batch.set(id, text);
    }
    return batch;
  }

  #keep(id: string, text: string): void {
    // All the others would go for it.
    if (text.length > MAX_CHARACTERS) {
      this.remove(id);
      return;
    }
    this.#characters += text.length - (this.#events.get(id)?.length ?? 0);
    this.#events.set(id, text);
    for (const oldest of this.#events.keys()) {
      if (this.#events.size <= MAX_EVENTS && this.#characters <= MAX_CHARACTERS) break;
      this.remove(oldest);
    }
  }
}

function nothing(): void {}

function timeOf(text: string): number {
  return Number(/"timestamp":(\d+)/.exec(text)?.[1] ?? 0);
}
