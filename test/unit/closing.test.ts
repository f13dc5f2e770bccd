import { expect } from 'chai';
import { Closing } from '../../server/closing.ts';
import { failure } from '../support/http/outcome.ts';

describe('Closing', () => {
  it('closes in reverse order, each part only after the one before it is closed', async () => {
    const closing = new Closing();
    const steps: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      closing.add(name, async () => {
        steps.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        steps.push(`${name} ends`);
      });
    }
    await closing.close();
    expect(steps).to.deep.equal([
      'third begins',
      'third ends',
      'second begins',
      'second ends',
      'first begins',
      'first ends',
    ]);
  });

  it('closes everything although parts fail, and reports every failure with its part and cause', async () => {
    const closing = new Closing();
    const closed: string[] = [];
    const late = new Error('late');
    const early = new Error('early');
    closing.add('a', () => closed.push('a'));
    closing.add('b', () => Promise.reject(late));
    closing.add('c', () => closed.push('c'));
    closing.add('d', () => {
      throw early;
    });
    const error = await failure(closing.close());
    expect(closed).to.deep.equal(['c', 'a']);
    expect(error).to.be.instanceOf(AggregateError);
    if (!(error instanceof AggregateError)) return;
    expect(error.message).to.equal('closing d failed: early; closing b failed: late');
    expect(error.errors.map((each: Error) => [each.message, each.cause])).to.deep.equal([
      ['closing d failed', early],
      ['closing b failed', late],
    ]);
  });

  it('closes each part once, however often it is asked', async () => {
    const closing = new Closing();
    let times = 0;
    closing.add('part', () => (times += 1));
    await Promise.all([closing.close(), closing.close()]);
    await closing.close();
    expect(times).to.equal(1);
  });
});
