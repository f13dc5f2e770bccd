/** The signal of somebody who waits for every answer. */
export const waiting: AbortSignal = new AbortController().signal;
