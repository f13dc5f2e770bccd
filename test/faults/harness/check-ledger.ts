import type { Ledger } from '../../support/events/ledger.ts';
import type { StoredLedger } from './stored-ledger.ts';

/** What a scenario has done to the data itself, so that the guarantee does not speak of it. */
export interface Exceptions {
  /** Was in a part of a journal that the scenario damaged: may be lost. */
  readonly mayBeLost: (id: string) => boolean;
  /** ClickHouse can never take it: must be among the rejected, and not stored. */
  readonly isPoison: (id: string) => boolean;
  /** May be found too costly after it was accepted: must be stored, or among the rejected. */
  readonly mayBeRejected: (id: string) => boolean;
  /** Was erased: must be nowhere. */
  readonly isErased: (id: string) => boolean;
  /** A user whose events the scenario counts itself. */
  readonly isForeign: (user: string) => boolean;
  /** A file of a journal that the service must leave alone, by its name. */
  readonly mayStay: (file: string) => boolean;
}

/** The scenario has done nothing to the data itself. */
export const NO_EXCEPTIONS: Exceptions = {
  mayBeLost: () => false,
  isPoison: () => false,
  mayBeRejected: () => false,
  isErased: () => false,
  isForeign: () => false,
  mayStay: () => false,
};

/** A promise that was broken. */
export interface Violation {
  readonly promise: string;
  /** Which events, or hours, or what happened. */
  readonly facts: readonly string[];
}

export interface Counts {
  readonly sent: number;
  readonly acknowledged: number;
  /** Events of the raw table, by identity. */
  readonly stored: number;
  /** By the sets of the views. */
  readonly counted: number;
  readonly rejected: number;
  readonly waiting: number;
  readonly lost: number;
  readonly twice: number;
}

/** Compares both sides of the books, after everything was healed and the journals were drained. Pure. */
export function checkLedger(
  ledger: Ledger,
  { stored: all, altered, rejected, waiting, hours }: StoredLedger,
  { mayBeLost, isPoison, mayBeRejected, isErased, isForeign }: Omit<Exceptions, 'mayStay'>,
): { readonly counts: Counts; readonly violations: readonly Violation[] } {
  const { outcomes } = ledger;
  const stored = new Map([...all].filter(([user]) => !isForeign(user)));
  const acknowledged = ledger.having('acknowledged');
  const poison = acknowledged.filter(isPoison);
  const lost = acknowledged.filter(
    (id) =>
      !isPoison(id) &&
      !isErased(id) &&
      !stored.has(id) &&
      !waiting.has(id) &&
      !mayBeLost(id) &&
      !(mayBeRejected(id) && rejected.has(id)),
  );
  const twice = [...stored, ...rejected].filter(([, times]) => times > 1).map(([id]) => id);
  const violations: Violation[] = [];
  const mustBeNone = (promise: string, facts: readonly string[]) => {
    if (facts.length > 0) violations.push({ promise, facts });
  };
  mustBeNone('an acknowledged event is stored', lost);
  mustBeNone('no event counts twice', twice);
  mustBeNone('what was erased is nowhere', [...stored.keys(), ...rejected.keys(), ...waiting].filter(isErased));
  mustBeNone(
    'nothing is stored that was not sent',
    [...stored.keys(), ...rejected.keys()].filter((id) => !outcomes.has(id)),
  );
  mustBeNone('what is stored is what was sent', altered);
  mustBeNone(
    'what was refused is not stored',
    ledger.having('refused').filter((id) => stored.has(id)),
  );
  mustBeNone(
    'what was said to be rejected is among the rejected, and not stored',
    ledger.having('rejected').filter((id) => !mayBeLost(id) && (stored.has(id) || !rejected.has(id))),
  );
  mustBeNone(
    'what ClickHouse can never take is among the rejected, and not stored',
    poison.filter((id) => stored.has(id) || !rejected.has(id)),
  );
  mustBeNone(
    'no good event is among the rejected',
    acknowledged.filter((id) => !isPoison(id) && !mayBeRejected(id) && rejected.has(id)),
  );
  mustBeNone(
    'nothing waits once everything is well again',
    [...waiting].filter((id) => !stored.has(id) && !rejected.has(id)),
  );
  mustBeNone(
    'the views count what the raw table holds, hour by hour',
    hours
      .filter(({ raw, views }) => JSON.stringify(raw) !== JSON.stringify(views))
      .map(({ of, raw, views }) => `${of}: raw ${JSON.stringify(raw)}, views ${JSON.stringify(views)}`),
  );
  const counts: Counts = {
    sent: outcomes.size,
    acknowledged: acknowledged.length,
    stored: sum(stored.values()),
    counted: sum(hours.map(({ views }) => views.events)),
    rejected: rejected.size,
    waiting: [...waiting].filter((id) => !stored.has(id)).length,
    lost: lost.length,
    twice: twice.length,
  };
  return { counts, violations };
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
