import { describeReply, type Delivery, type Outcome } from './delivery.ts';
import { isHourText } from './hourly-answers.ts';
import type { Answer, NoAnswer } from '../load/http-client.ts';
import { createLatency } from '../measure/latency.ts';
import { Ledger } from './tally.ts';
import type { AnalyticsEvent } from './traffic.ts';

const MAX_COMPLAINTS = 5;

/** What happened to everything that was sent. */
export class RunRecord {
  readonly ledger = new Ledger();
  readonly outcomes: Record<Outcome, number> = { acknowledged: 0, unknown: 0, undelivered: 0, rejected: 0 };
  readonly posts = createLatency();
  readonly reads = createLatency();
  failedReads = 0;
  /** The first few of what went wrong, as sentences. */
  readonly complaints: string[] = [];

  get eventsDone(): number {
    return Object.values(this.outcomes).reduce((sum, count) => sum + count, 0);
  }

  event(event: AnalyticsEvent, { outcome, reply }: Delivery): void {
    this.outcomes[outcome] += 1;
    if (outcome === 'acknowledged') return this.ledger.acknowledge(event);
    if (outcome === 'unknown') this.ledger.doubt(event);
    this.#complain(`POST ${outcome}: ${describeReply(reply)}`);
  }

  read(reply: Answer | NoAnswer): void {
    if (reply.kind === 'answer' && reply.status === 200 && isHourText(reply.body)) return;
    this.failedReads += 1;
    this.#complain(`GET failed: ${describeReply(reply)}`);
  }

  #complain(sentence: string): void {
    if (this.complaints.length < MAX_COMPLAINTS) this.complaints.push(sentence);
  }
}
