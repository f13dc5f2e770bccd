import { Router } from '@koa/router';
import { expect } from 'chai';
import Koa from 'koa';
import { Type } from 'typebox';
import type { RequestState } from '../../../server/http/operation/context.ts';
import { operation } from '../../../server/http/operation/operation.ts';
import { problems } from '../../../server/http/middleware/problem.ts';
import { silentLog } from '../../support/logs.ts';
import { whileServing } from '../../support/server/serve.ts';

const echo = operation({
  method: 'get',
  path: '/sessions/:session_id',
  tag: 'Test',
  summary: 'Answers what it was given',
  access: 'read',
  query: Type.Object({
    limit: Type.Integer({ minimum: 1, default: 100, description: 'a whole number from 1' }),
  }),
  pathParameters: Type.Object({
    session_id: Type.String({ maxLength: 8, description: 'at most 8 characters' }),
  }),
  answers: { 200: { description: 'It' } },
  handle: (ctx, { query: { limit }, path: { session_id: sessionId } }) => {
    ctx.body = { limit, sessionId };
  },
});

describe('operation', () => {
  const app = new Koa<RequestState>();
  const router = new Router<RequestState>();
  router[echo.method](echo.path, echo.handle);
  app.use(problems(silentLog)).use(router.routes());

  const answersTo = async (...paths: readonly string[]) => {
    const answers: unknown[] = [];
    await whileServing(app.callback(), async (url) => {
      for (const path of paths) answers.push(await (await fetch(`${url}${path}`)).json());
    });
    return answers;
  };

  it('gives its handler the parameters of query and path as the schemas say', async () => {
    expect(await answersTo('/sessions/abc?limit=7', '/sessions/a%20%2Fb')).to.deep.equal([
      { limit: 7, sessionId: 'abc' },
      { limit: 100, sessionId: 'a /b' },
    ]);
  });

  it('answers 400 for a parameter of the query or of the path, without asking its handler', async () => {
    const [query, path] = await answersTo('/sessions/abc?limit=0', '/sessions/abcdefghi');
    expect(query).to.deep.include({
      status: 400,
      errors: [{ path: 'limit', message: 'received "0", expected a whole number from 1' }],
    });
    expect(path).to.deep.include({
      status: 400,
      errors: [{ path: 'session_id', message: 'received "abcdefghi", expected at most 8 characters' }],
    });
  });
});
