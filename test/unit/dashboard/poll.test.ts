import { expect } from 'chai';
import { ApiError } from '../../../dashboard/api/api-error.ts';
import { deferred } from '../../../server/common/deferred.ts';
import { poll } from '../../../dashboard/api/poll.ts';

/** Polls through these results, and gives up when they are used up. @returns what was heard, in order */
async function polled(results: readonly (string | ApiError)[], everyMs: number | undefined) {
  const controller = new AbortController();
  const heard: string[] = [];
  const waiting = [...results];
  await poll(
    {
      ask: async () => {
        const result = waiting.shift();
        if (typeof result === 'string') return result;
        throw result ?? new Error('expected no further question');
      },
      everyMs,
      onAnswer: (value) => {
        heard.push(value);
        if (waiting.length === 0 && everyMs !== undefined) controller.abort();
      },
      onFailure: ({ message }) => heard.push(`failed: ${message}`),
      whenVisible: async () => Promise.resolve(),
      random: () => 0,
    },
    controller.signal,
  );
  return heard;
}

const unavailable = new ApiError('unavailable', 'unavailable');

describe('A question that the dashboard asks', () => {
  it('is asked once without an interval, and again and again with one', async () => {
    expect(await polled(['a'], undefined)).to.deep.equal(['a']);
    expect(await polled(['a', 'b', 'c'], 1)).to.deep.equal(['a', 'b', 'c']);
  });

  it('is asked again after a failure that may pass, also without an interval', async () => {
    expect(await polled([unavailable, 'a'], undefined)).to.deep.equal(['failed: unavailable', 'a']);
  });

  it('is not asked again when it is refused', async () => {
    const refused = new ApiError('invalid', 'no such path');
    expect(await polled([refused], 1)).to.deep.equal(['failed: no such path']);
  });

  it('waits until somebody looks', async () => {
    const controller = new AbortController();
    const steps: string[] = [];
    const looking = deferred<void>();
    const polling = poll(
      {
        ask: async () => Promise.resolve(steps.push('asked')),
        everyMs: undefined,
        onAnswer: () => undefined,
        onFailure: () => undefined,
        whenVisible: async () => looking.promise,
        random: () => 0,
      },
      controller.signal,
    );
    steps.push('looked');
    looking.resolve();
    await polling;
    expect(steps).to.deep.equal(['looked', 'asked']);
  });
});
