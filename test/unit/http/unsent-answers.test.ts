import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import type { RequestContext } from '../../../server/http/operation/context.ts';
import { UnsentAnswers } from '../../../server/http/operation/unsent-answers.ts';
import { failure } from '../../support/http/outcome.ts';

describe('Answers that their readers do not take', () => {
  let unsent: UnsentAnswers;
  let asked: number;

  beforeEach(() => {
    unsent = new UnsentAnswers(100, 1);
    asked = 0;
  });

  /** Asks for 60 bytes by a connection. */
  async function ask(socket = new EventEmitter()): Promise<EventEmitter> {
    const ctx = { req: { socket }, res: new EventEmitter(), body: {} };
    await unsent.answer(ctx as unknown as RequestContext, async () => {
      asked += 1;
      await Promise.resolve();
      ctx.body = { text: 'x'.repeat(60 - '{"text":""}'.length) };
    });
    expect(ctx.body).to.be.a('string').with.lengthOf(60);
    return ctx.res;
  }

  it('keep others from being read for as long as they are too many bytes', async () => {
    const first = await ask();
    await ask();
    expect(await failure(ask())).to.include({ code: 'overloaded', retryAfterS: 5 });
    first.emit('close');
    await ask();
    expect(asked).to.equal(3);
  });

  it('are free with their connection, those included that wait behind others on it', async () => {
    const socket = new EventEmitter();
    const first = await ask(socket);
    await ask(socket);
    socket.emit('close');
    first.emit('close');
    for (let times = 0; times < 2; times += 1) await ask();
    expect(await failure(ask())).to.include({ code: 'overloaded' });
  });

  it('are too many also when they were read at the same time', async () => {
    const answers = await Promise.allSettled([ask(), ask(), ask(), ask()]);
    expect(answers.map(({ status }) => status)).to.deep.equal(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
  });
});
