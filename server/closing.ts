import { messageWithCauses } from './common/errors.ts';

/**
 * Everything that is opened is registered at once, and closed in reverse order. All errors are reported, none stops
 * the rest from closing.
 */
export class Closing {
  readonly #parts: { readonly name: string; readonly close: () => unknown }[] = [];

  /** Registers how to close `name`; `close` may return a promise. */
  add(name: string, close: () => unknown): void {
    this.#parts.push({ name, close });
  }

  /** Closes everything, last opened first. Throws an AggregateError when any step failed. Safe to call twice. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let next = this.#parts.pop(); next !== undefined; next = this.#parts.pop()) {
      try {
        await next.close();
      } catch (error) {
        errors.push(new Error(`closing ${next.name} failed`, { cause: error }));
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, errors.map(messageWithCauses).join('; '));
  }
}
