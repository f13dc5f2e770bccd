/** The time at the service: the clock of a reader's machine may be wrong by minutes, and the service decides the hour. */
export interface ServiceClock {
  nowMs(): number;
  /** Takes the `Date` of an answer that was asked for at `askedMs` of the own clock. */
  learn(date: string | null, askedMs: number): void;
}

/** `Date` has whole seconds: what is closer than this is the same time. */
const TOLERANCE_MS = 2_000;

export function createServiceClock(nowMs: () => number): ServiceClock {
  let offsetMs = 0;
  return {
    nowMs: () => nowMs() + offsetMs,
    learn: (date, askedMs) => {
      const serviceMs = date === null ? Number.NaN : Date.parse(date);
      if (Number.isNaN(serviceMs)) return;
      // It was somewhere between the question and the answer: one that took long says little.
      const errorMs = (nowMs() - askedMs) / 2;
      const measuredMs = serviceMs - (askedMs + errorMs);
      if (Math.abs(measuredMs - offsetMs) > TOLERANCE_MS + errorMs) offsetMs = measuredMs;
    },
  };
}
