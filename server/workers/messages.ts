/** What the workers answered to one question. */
export interface Said {
  readonly answers: readonly unknown[];
  /** How many were asked; more than have answered when some were too slow or ended. */
  readonly asked: number;
}

/**
 * Workers are connected to the primary alone, which hands their questions on:
 *   worker --ask--> primary --question--> every worker --answer--> primary --said--> worker
 * `clickhour` tells these messages from those of Node and of libraries.
 */
export type FromPrimary =
  | { readonly clickhour: 'question'; readonly id: string; readonly name: string }
  | ({ readonly clickhour: 'said'; readonly id: string } & Said);

export type ToPrimary =
  | { readonly clickhour: 'ask'; readonly id: string; readonly name: string }
  | { readonly clickhour: 'answer'; readonly id: string; readonly answer: unknown };
