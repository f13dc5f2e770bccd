/**
 * Everything that is opened is registered at once, and closed in reverse order. All errors are reported, none stops
 * the rest from closing.
 */
export class Closing {
  readonly #steps: { readonly name: string; readonly close: () => unknown }[] = [];

  /** Registers how to close `name`; `close` may return a promise. */
  add(name: string, close: () => unknown): void {
    this.#steps.push({ name, close });
  }

  /** Closes everything, last opened first. Throws an AggregateError when any step failed. Safe to call twice. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.close();
      } catch (error) {
        errors.push(new Error(`closing ${step.name} failed`, { cause: error }));
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, `${errors.length} parts did not close cleanly`);
  }
}
