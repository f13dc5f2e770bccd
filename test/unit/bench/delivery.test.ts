import { expect } from 'chai';
import { outcomeOf } from '../../../bench/traffic/delivery.ts';
import type { Answer } from '../../../bench/load/http-client.ts';

describe('the outcome of an event', () => {
  it('is acknowledged with 204 only', () => {
    expect(outcomeOf(answer(204))).to.equal('acknowledged');
    expect(outcomeOf(answer(200))).to.equal('unknown');
  });

  it('is certain not to be stored when the request was not sent, or was turned away', () => {
    expect(outcomeOf({ kind: 'unsent', cause: new Error('connect ECONNREFUSED') })).to.equal('undelivered');
    expect(outcomeOf(answer(503))).to.equal('undelivered');
    expect(outcomeOf(answer(429))).to.equal('undelivered');
    expect(outcomeOf(answer(400))).to.equal('rejected');
  });

  it('is unknown when the connection broke without an answer, or the answer does not say', () => {
    expect(outcomeOf({ kind: 'unanswered', cause: new Error('socket hang up') })).to.equal('unknown');
    expect(outcomeOf(answer(500))).to.equal('unknown');
    expect(outcomeOf(answer(504))).to.equal('unknown');
  });
});

function answer(status: number): Answer {
  return { kind: 'answer', status, retryAfterS: undefined, body: '' };
}
