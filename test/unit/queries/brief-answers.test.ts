import { expect } from 'chai';
import { deferred, type Deferred } from '../../../server/common/deferred.ts';
import { BriefAnswers } from '../../../server/queries/brief-answers.ts';
import { failure } from '../../support/http/outcome.ts';
import { waiting } from '../../support/waiting.ts';

const TTL_MS = 1000;

/** Answers that are the numbers of their queries, each of which ends when it is told to. */
function asked() {
  const queries: Deferred<number>[] = [];
  let nowMs = 5000;
  const answers = new BriefAnswers<string, number>({
    ttlMs: TTL_MS,
    maxQuestions: 10,
    answer: async () => {
      const query = deferred<number>();
      queries.push(query);
      return await query.promise;
    },
    nowMs: () => nowMs,
  });
  return {
    queries,
    ask: async ({ fresh = false } = {}) => answers.ask('how many?', fresh, waiting),
    forget: () => answers.forget(),
    end: (index: number) => queries[index]?.resolve(index),
    pass: (ms: number) => (nowMs += ms),
    settle: async () => new Promise(setImmediate),
  };
}

describe('Answers that are reused for a moment', () => {
  it('are shared while under way, and afterwards', async () => {
    const { queries, ask, end, pass } = asked();
    const first = ask();
    pass(TTL_MS - 2);
    const second = ask();
    end(0);
    expect(await Promise.all([first, second])).to.deep.equal([0, 0]);
    pass(1);
    expect(await ask()).to.equal(0);
    expect(queries).to.have.lengthOf(1);
  });

  it('are as old as their beginning, however long they took', async () => {
    const { queries, ask, end, pass, settle } = asked();
    const first = ask();
    pass(TTL_MS);
    end(0);
    expect(await first).to.equal(0);
    const later = ask();
    await settle();
    end(1);
    expect(await later).to.equal(1);
    expect(queries).to.have.lengthOf(2);
  });

  it('are not joined by who comes too late: one more begins for all of those, when the first is over', async () => {
    const { queries, ask, end, pass, settle } = asked();
    const first = ask();
    pass(TTL_MS);
    const late = [ask(), ask({ fresh: true }), ask()];
    await settle();
    expect(queries).to.have.lengthOf(1);
    end(0);
    expect(await first).to.equal(0);
    await settle();
    late.push(ask());
    end(1);
    expect(await Promise.all(late)).to.deep.equal([1, 1, 1, 1]);
    expect(queries).to.have.lengthOf(2);
  });

  it('are not given to who asks after they are forgotten', async () => {
    const { ask, end, forget, settle } = asked();
    const first = ask();
    forget();
    const second = ask();
    end(0);
    expect(await first).to.equal(0);
    await settle();
    end(1);
    expect(await second).to.equal(1);
  });

  it('are not reused when they failed', async () => {
    const { queries, ask, end, settle } = asked();
    const first = failure(ask());
    queries[0]?.reject(new Error('no'));
    expect(await first).to.have.property('message', 'no');
    await settle();
    const second = ask();
    end(1);
    expect(await second).to.equal(1);
  });
});
