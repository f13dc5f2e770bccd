import { expect } from 'chai';
import { Ledger } from '../support/events/ledger.ts';
import { checkLedger, NO_EXCEPTIONS, type Exceptions } from './harness/check-ledger.ts';
import type { StoredLedger } from './harness/stored-ledger.ts';

const NOTHING: StoredLedger = {
  stored: new Map(),
  altered: [],
  rejected: new Map(),
  waiting: new Set(),
  hours: [],
};

describe('The books of the faults', () => {
  let ledger: Ledger;
  let id: string;

  beforeEach(() => {
    ledger = new Ledger();
    id = ledger.open();
  });

  const broken = (stored: Partial<StoredLedger>, exceptions: Partial<Exceptions> = {}) =>
    checkLedger(ledger, { ...NOTHING, ...stored }, { ...NO_EXCEPTIONS, ...exceptions }).violations.map(
      ({ promise }) => promise,
    );

  it('are in order when every event that was acknowledged is there as one', () => {
    ledger.settle([id], 'acknowledged');
    expect(broken({ stored: new Map([[id, 1]]) })).to.deep.equal([]);
  });

  it('notice an event that is lost, and one that counts twice', () => {
    ledger.settle([id], 'acknowledged');
    expect(broken({})).to.deep.equal(['an acknowledged event is stored']);
    expect(broken({ stored: new Map([[id, 2]]) })).to.deep.equal(['no event counts twice']);
  });

  it('notice what was erased and is stored, rejected or waiting; it need not be anywhere', () => {
    ledger.settle([id], 'acknowledged');
    const isErased = (of: string) => of === id;
    expect(broken({}, { isErased })).to.deep.equal([]);
    expect(broken({ stored: new Map([[id, 1]]) }, { isErased })).to.deep.equal(['what was erased is nowhere']);
    expect(broken({ waiting: new Set([id]) }, { isErased })).to.include('what was erased is nowhere');
  });

  it('notice views that have fewer events, users or sessions than the raw table', () => {
    const raw = { events: 3, users: 2, sessions: 1 };
    for (const member of ['events', 'users', 'sessions'] as const) {
      const hours = [{ of: 'an hour', raw, views: { ...raw, [member]: 0 } }];
      expect(broken({ hours })).to.deep.equal(['the views count what the raw table holds, hour by hour']);
    }
  });

  it('take what was found too costly as rejected, and not as lost', () => {
    ledger.settle([id], 'acknowledged');
    const rejected = new Map([[id, 1]]);
    expect(broken({ rejected })).to.include('no good event is among the rejected');
    expect(broken({ rejected }, { mayBeRejected: () => true })).to.deep.equal([]);
    expect(broken({}, { mayBeRejected: () => true })).to.deep.equal(['an acknowledged event is stored']);
  });

  it('know no event that was acknowledged as anything else, whatever a later answer says', () => {
    ledger.settle([id], 'acknowledged');
    ledger.settle([id], 'refused');
    ledger.settle([id], 'unknown');
    expect(ledger.having('acknowledged')).to.deep.equal([id]);
  });

  it('believe no answer that comes from a machine without power', () => {
    ledger.hear(false);
    ledger.settle([id], 'acknowledged');
    expect(ledger.having('unknown')).to.deep.equal([id]);
    ledger.hear(true);
    ledger.settle([id], 'refused');
    expect(ledger.having('refused')).to.deep.equal([id]);
  });
});
