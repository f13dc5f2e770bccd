import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { runLoad, take } from '../../../bench/load/http-load.ts';

describe('a load', () => {
  it('handles each item once, no more at a time than allowed', async () => {
    const handled: number[] = [];
    let underWay = 0;
    let most = 0;
    await run([...Array(100).keys()], async (item) => {
      most = Math.max(most, (underWay += 1));
      await setImmediate();
      underWay -= 1;
      handled.push(item);
    });
    expect(handled.sort((a, b) => a - b)).to.deep.equal([...Array(100).keys()]);
    expect(most).to.equal(4);
  });

  it('takes no more items once its signal is aborted, and waits for those under way', async () => {
    const controller = new AbortController();
    let finished = 0;
    const handle = async (item: number) => {
      if (item === 9) controller.abort();
      await setImmediate();
      finished += 1;
    };
    await run([...Array(100).keys()], handle, controller.signal);
    expect(finished).to.be.within(10, 13);
  });

  it('ends with the error of a handler, in all lanes', async () => {
    let handled = 0;
    const loading = run([...Array(1000).keys()], async (item) => {
      handled += 1;
      await setImmediate();
      if (item === 5) throw new Error('broken');
    });
    expect(await loading.catch((error: unknown) => error))
      .to.be.an('error')
      .with.property('message', 'broken');
    await setImmediate();
    expect(handled).to.be.below(20);
  });

  it('keeps to its rate', async () => {
    const startMs = performance.now();
    await run([...Array(11).keys()], async () => undefined, undefined, 100);
    expect(performance.now() - startMs).to.be.at.least(99);
  });
});

describe('taking from an iterator', () => {
  it('stops at the count, or at the end', () => {
    expect([...take([1, 2, 3].values(), 2)]).to.deep.equal([1, 2]);
    expect([...take([1, 2, 3].values(), 9)]).to.deep.equal([1, 2, 3]);
  });
});

function run(
  items: readonly number[],
  handle: (item: number) => Promise<void>,
  signal = new AbortController().signal,
  ratePerS = 0,
): Promise<void> {
  return runLoad({ items: items.values(), concurrency: 4, ratePerS, handle, signal });
}
