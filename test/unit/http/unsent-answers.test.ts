import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import type { RequestContext } from '../../../server/http/operation/context.ts';
import { UnsentAnswers } from '../../../server/http/operation/unsent-answers.ts';
import { failure } from '../../support/http/outcome.ts';

describe('Answers that their readers do not take', () => {
  it('keep others from being read for as long as they are too many bytes', async () => {
    const unsent = new UnsentAnswers(100);
    const asked: string[] = [];
    const ask = async (name: string) => {
      const ctx = { res: new EventEmitter() };
      const read = async () => {
        asked.push(name);
        return 'x'.repeat(60);
      };
      await unsent.answer(ctx as unknown as RequestContext, read);
      return ctx.res;
    };
    const first = await ask('first');
    await ask('second');
    expect(await failure(ask('third'))).to.include({ code: 'overloaded', retryAfterS: 5 });
    first.emit('close');
    await ask('fourth');
    expect(asked).to.deep.equal(['first', 'second', 'fourth']);
  });
});
