/**
 * What became of an event, as far as its sender can know:
 * - `acknowledged`: the answer says that it is safe; `rejected`: the answer says that it was kept as rejected;
 * - `refused`: the answer says that it is not stored; `unknown`: there was no answer.
 */
export type Outcome = 'acknowledged' | 'rejected' | 'refused' | 'unknown';

/** The senders' side of the books of one scenario. Every event has an identity of its own, which travels as its `user`. */
export class Ledger {
  readonly #outcomes = new Map<string, Outcome>();
  #hears = true;
  readonly #statuses = new Map<string, number>();

  /** A new event, of which nothing is known until `settle` says more. */
  open(): string {
    const id = `id-${this.#outcomes.size}-x`;
    this.#outcomes.set(id, 'unknown');
    return id;
  }

  /** What an answer says. Whatever a later one says, an event that was acknowledged stays it. */
  settle(ids: Iterable<string>, outcome: Outcome): void {
    for (const id of ids) {
      if (this.#outcomes.get(id) === 'acknowledged') continue;
      this.#outcomes.set(id, this.#hears ? outcome : 'unknown');
    }
  }

  /** From now on an answer says nothing, or does again: a machine without power sends none. */
  hear(hears: boolean): void {
    this.#hears = hears;
  }

  /** One request was answered with this status, or without any. */
  answered(status: number | 'cut'): void {
    this.#statuses.set(String(status), this.count(status) + 1);
  }

  count(status: number | 'cut'): number {
    return this.#statuses.get(String(status)) ?? 0;
  }

  /** How many requests got which status. */
  get statuses(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#statuses);
  }

  get outcomes(): ReadonlyMap<string, Outcome> {
    return this.#outcomes;
  }

  /** The events with this outcome. */
  having(outcome: Outcome): string[] {
    return [...this.#outcomes].filter(([, had]) => had === outcome).map(([id]) => id);
  }
}

const ID = /id-\d+-x/g;

/** Every event whose identity is in a text, whatever else is there. */
export function idsIn(text: string): string[] {
  return text.match(ID) ?? [];
}
