import { randomUUID } from 'node:crypto';
import type { FromPrimary, Said, ToPrimary } from './messages.ts';

/** What this worker can be asked, by name; answers must survive JSON. */
export type Answers = Readonly<Record<string, () => Promise<unknown>>>;

/** Longer than the primary waits for the answers. */
const SAID_WITHIN_MS = 4_000;

const NOTHING: Said = { answers: [], asked: 0 };

/**
 * All workers of this service, as one of them sees them: it answers what others ask, and asks all, itself included.
 * Whoever asks what is being asked already gets that answer, so there is at most one question of each name under way.
 */
export class Colleagues {
  readonly #answers: Answers;
  readonly #asking = new Map<string, Promise<Said>>();
  /** By id, how to hand over what was said. */
  readonly #waiting = new Map<string, (said: Said) => void>();

  constructor(answers: Answers) {
    this.#answers = answers;
    process.on('message', (message: FromPrimary) => this.#hear(message));
  }

  /** Never rejects; nothing is said when the primary does not react in time. */
  async ask(name: string): Promise<Said> {
    const running = this.#asking.get(name) ?? this.#askNow(name).finally(() => this.#asking.delete(name));
    this.#asking.set(name, running);
    return await running;
  }

  async #askNow(name: string): Promise<Said> {
    const id = randomUUID();
    return await new Promise((resolve) => {
      const settle = (said: Said) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(said);
      };
      const timer = setTimeout(() => settle(NOTHING), SAID_WITHIN_MS);
      this.#waiting.set(id, settle);
      tellPrimary({ clickhour: 'ask', id, name });
    });
  }

  #hear(message: FromPrimary): void {
    if (message.clickhour === 'said') this.#waiting.get(message.id)?.(message);
    if (message.clickhour !== 'question') return;
    const { id, name } = message;
    // A question that fails is not answered: it is missed, as a worker that ended is.
    this.#answers[name]?.().then(
      (answer) => tellPrimary({ clickhour: 'answer', id, answer }),
      () => undefined,
    );
  }
}

function tellPrimary(message: ToPrimary): void {
  // With a callback, a primary that ended meanwhile is no uncaught error.
  process.send?.(message, undefined, undefined, () => undefined);
}
