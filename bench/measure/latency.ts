import { createHistogram, performance } from 'node:perf_hooks';

/** How long the requests of one kind took. All times are milliseconds. */
export interface Latency {
  /** Runs something and records how long it took, whatever became of it. */
  time<T>(run: () => Promise<T>): Promise<T>;
  percentileMs(percentile: number): number;
  readonly count: number;
}

export function createLatency(): Latency {
  const microseconds = createHistogram();
  return {
    async time(run) {
      const startMs = performance.now();
      try {
        return await run();
      } finally {
        microseconds.record(Math.max(1, Math.round((performance.now() - startMs) * 1000)));
      }
    },
    percentileMs: (percentile) => (microseconds.count === 0 ? 0 : microseconds.percentile(percentile) / 1000),
    get count() {
      return microseconds.count;
    },
  };
}
