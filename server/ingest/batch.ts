import type { AppError } from '../errors.ts';
import type { Arrivals } from '../events/arrivals.ts';
import type { Event } from '../events/event.ts';
import { MAX_KEPT_PER_BODY, omission, type Rejection } from '../events/rejection.ts';
import { toRejectedRow, toRow } from '../events/row.ts';
import type { Reach } from './fail-point.ts';
import type { Journal } from './journal.ts';

/** What one request brings: its events and what was not accepted become durable together, or not at all. */
export interface Batch {
  readonly accepted: number;
  add(event: Event): void;
  /** Of one batch `MAX_KEPT_PER_BODY` are kept, and one more that says how many were not. */
  reject(rejection: Rejection): void;
  /**
   * Resolves when all of it is on this server's disk. Nothing may be added after.
   * @throws AppError `overloaded`: no event of it is stored
   */
  commit(): Promise<void>;
}

export interface BatchDependencies {
  readonly events: Pick<Journal, 'append' | 'refusal'>;
  readonly rejected: Pick<Journal, 'append' | 'refusal'>;
  readonly arrivals: Arrivals;
  readonly reach: Reach;
}

/** Rows are made as events come, so that a large body is many small pieces of work. */
export function createBatch({ events, rejected, arrivals, reach }: BatchDependencies): Batch {
  const rows: string[] = [];
  const rejectedRows: string[] = [];
  let omitted = 0;
  let application = '';
  return {
    get accepted() {
      return rows.length;
    },
    add: (event) => void rows.push(toRow(event, arrivals.next())),
    reject: (rejection) => {
      ({ application } = rejection);
      if (rejectedRows.length < MAX_KEPT_PER_BODY)
        rejectedRows.push(toRejectedRow(rejection, arrivals.next()));
      else omitted += 1;
    },
    commit: async () => {
      if (omitted > 0) rejectedRows.push(toRejectedRow(omission(application, omitted), arrivals.next()));
      const lines = rows.join('');
      const rejectedLines = rejectedRows.join('');
      const refusal = refusalOf(events, lines) ?? refusalOf(rejected, rejectedLines);
      if (refusal !== undefined) throw refusal;
      // First, because a rejection that is kept twice after a retry does no harm, and an event that counts twice does.
      if (rejectedRows.length > 0) {
        await rejected.append(rejectedLines, rejectedRows.length);
        reach('rejected-committed');
      }
      if (rows.length > 0) await events.append(lines, rows.length);
    },
  };
}

function refusalOf(journal: Pick<Journal, 'refusal'>, lines: string): AppError | undefined {
  return lines === '' ? undefined : journal.refusal(Buffer.byteLength(lines));
}
