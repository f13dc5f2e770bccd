/** Time as the feeds see it, so that tests can turn it by hand. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  nowMs(): number;
  /** Runs something once after so many milliseconds; the function it returns prevents that. */
  after(ms: number, run: () => void): () => void;
}

export const processClock: Clock = {
  nowMs: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
