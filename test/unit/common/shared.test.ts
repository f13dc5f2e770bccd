import { expect } from 'chai';
import { deferred } from '../../../server/common/deferred.ts';
import { joinable, Shared } from '../../../server/common/shared.ts';
import { failure } from '../../support/http/outcome.ts';

/** Work that ends when it is told, or is cancelled. */
function work() {
  const done = deferred<number>();
  const shared = new Shared<number>(async (signal) => {
    signal.addEventListener('abort', () => done.reject(signal.reason as Error));
    return await done.promise;
  });
  return { shared, done };
}

function asker() {
  const going = new AbortController();
  return { signal: going.signal, go: () => going.abort(new Error('gone')) };
}

describe('Shared work', () => {
  it('gives the same to all who wait', async () => {
    const { shared, done } = work();
    const answers = [shared.wait(asker().signal), shared.wait(), shared.wait(asker().signal)];
    done.resolve(7);
    expect(await Promise.all(answers)).to.deep.equal([7, 7, 7]);
  });

  it('goes on while one waits, and is cancelled when the last has gone', async () => {
    const { shared } = work();
    const [first, second] = [asker(), asker()];
    const answers = [failure(shared.wait(first.signal)), failure(shared.wait(second.signal))];
    first.go();
    expect(await answers[0]).to.have.property('message', 'gone');
    expect(joinable(shared)).to.equal(shared);
    second.go();
    expect(await answers[1]).to.have.property('message', 'gone');
    expect(joinable(shared)).to.equal(undefined);
    expect(await failure(shared.result)).to.have.property('message', 'gone');
  });

  it('is not cancelled while somebody waits who cannot go, nor when it is over', async () => {
    const { shared, done } = work();
    const all = shared.wait();
    const going = asker();
    const answer = failure(shared.wait(going.signal));
    going.go();
    await answer;
    expect(shared.isCancelled).to.equal(false);
    done.resolve(1);
    expect(await all).to.equal(1);
    expect(await shared.wait(asker().signal)).to.equal(1);
    expect(shared.isCancelled).to.equal(false);
  });

  it('is cancelled by somebody who has gone before it began, and alone asked', async () => {
    const going = asker();
    going.go();
    const { shared } = work();
    expect(await failure(shared.wait(going.signal))).to.have.property('message', 'gone');
    expect(shared.isCancelled).to.equal(true);
  });
});
