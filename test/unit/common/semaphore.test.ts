import { expect } from 'chai';
import { deferred } from '../../../server/common/deferred.ts';
import { Semaphore } from '../../../server/common/semaphore.ts';
import { failure } from '../../support/http/outcome.ts';

const LIMITS = { atOnce: 2, maxWaiting: 2, maxWaitMs: 60_000 };

const settled = async () => new Promise((resolve) => setImmediate(resolve));

/** Work that says when it begins, and ends when it is told to. */
function works(semaphore: Semaphore) {
  const begun: string[] = [];
  const ends = new Map<string, ReturnType<typeof deferred<void>>>();
  const take = async (name: string, signal?: AbortSignal) =>
    semaphore.take(async () => {
      begun.push(name);
      const end = deferred<void>();
      ends.set(name, end);
      await end.promise;
      return name;
    }, signal);
  return { begun, take, end: (name: string) => ends.get(name) };
}

describe('The turns that a semaphore gives', () => {
  it('are so many at once, and then one for each that ends, in the order of coming', async () => {
    const { begun, take, end } = works(new Semaphore(LIMITS));
    const all = Promise.allSettled(['a', 'b', 'c', 'd'].map(async (name) => take(name)));
    await settled();
    expect(begun).to.deep.equal(['a', 'b']);
    end('b')?.resolve();
    await settled();
    expect(begun).to.deep.equal(['a', 'b', 'c']);
    end('a')?.reject(new Error('broken'));
    await settled();
    expect(begun).to.deep.equal(['a', 'b', 'c', 'd']);
    for (const name of ['c', 'd']) end(name)?.resolve();
    expect((await all).map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect(await new Semaphore(LIMITS).take(async (waitedMs) => waitedMs < 1000)).to.equal(true);
  });

  it('are refused when too many wait, with when to come again', async () => {
    const { take, end } = works(new Semaphore(LIMITS));
    const all = ['a', 'b', 'c', 'd'].map(async (name) => take(name));
    expect(await failure(take('e'))).to.include({ code: 'overloaded', retryAfterS: 60 });
    for (const name of ['a', 'b', 'c', 'd']) {
      await settled();
      end(name)?.resolve();
    }
    expect(await Promise.all(all)).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('are refused to who has waited too long, and others go on', async () => {
    const { begun, take, end } = works(new Semaphore({ ...LIMITS, atOnce: 1, maxWaitMs: 5 }));
    const first = take('a');
    expect(await failure(take('b'))).to.include({ code: 'overloaded' });
    end('a')?.resolve();
    await first;
    const next = take('c');
    end('c')?.resolve();
    expect(await next).to.equal('c');
    expect(begun).to.deep.equal(['a', 'c']);
  });

  it('pass over who has gone', async () => {
    const { begun, take, end } = works(new Semaphore({ ...LIMITS, atOnce: 1 }));
    const gone = new AbortController();
    const first = take('a');
    const left = failure(take('b', gone.signal));
    const next = take('c');
    gone.abort(new Error('gone'));
    expect(await left).to.have.property('message', 'gone');
    end('a')?.resolve();
    await first;
    await settled();
    expect(begun).to.deep.equal(['a', 'c']);
    end('c')?.resolve();
    await next;
  });
});
