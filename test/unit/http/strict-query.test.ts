import { expect } from 'chai';
import { isStrict } from '../../../server/http/operation/strict-query.ts';
import { createHttpApp, operations } from '../../../server/http/routes.ts';
import { httpDependencies } from '../../support/server/http-dependencies.ts';
import { whileServing } from '../../support/server/serve.ts';

interface Problem {
  readonly status: number;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

const served = operations(httpDependencies);
const pathOf = (path: string) => path.replaceAll(/:\w+/g, 'x');

async function problems(paths: readonly string[]): Promise<Problem[]> {
  const found: Problem[] = [];
  await whileServing(createHttpApp(httpDependencies).callback(), async (url) => {
    for (const path of paths) found.push((await (await fetch(`${url}${path}`)).json()) as Problem);
  });
  return found;
}

describe('The query of a question', () => {
  const questions = served.filter(isStrict);

  it('is checked wherever a role to read is needed', () => {
    expect(questions.map(({ path }) => path)).to.include.members(['/analytics', '/events', '/categories', '/metrics']);
    const others = served.filter((operation) => operation.method === 'get' && !isStrict(operation));
    expect(others.every(({ access }) => access === 'open')).to.equal(true);
  });

  it('is refused with a parameter that is not known, whatever the question', async () => {
    const answers = await problems(questions.map(({ path }) => `${pathOf(path)}?nonsense=1&__proto__=2`));
    for (const [index, { status, errors = [] }] of answers.entries()) {
      expect(status, questions[index]?.path).to.equal(400);
      expect(errors.map(({ path }) => path)).to.include.members(['nonsense', '__proto__']);
    }
  });

  it('is refused with each of its parameters given twice, unless it may be repeated', async () => {
    for (const { path, query } of questions) {
      for (const [name, schema] of Object.entries(query?.properties ?? {})) {
        if ('type' in schema && schema.type === 'array') continue;
        const [answer] = await problems([`${pathOf(path)}?${name}=1&${name}=1`]);
        expect(answer?.status, `${path} ${name}`).to.equal(400);
        expect(answer?.errors?.map((each) => each.path)).to.include(name);
      }
    }
  });

  it('names the nearest parameter that is known', async () => {
    const [near, none, far] = await problems(['/events?catgory=a', '/categories?x=1', '/analytics?when=1']);
    expect(near?.errors?.[0]?.message).to.equal(
      'received the parameter "catgory", which is not known, expected category, or another of /events',
    );
    expect(none?.errors?.[0]?.message).to.match(/expected no parameters for \/categories$/);
    expect(far?.errors?.[0]?.message).to.match(/expected one of timestamp$/);
  });

  it('is refused when it is not percent-encoded UTF-8, and with a thousand parameters before one that is not known', async () => {
    const many = 'a&'.repeat(1100).replaceAll('a', 'by');
    const answers = await problems([
      '/events?session_id=%E0%A4%A',
      '/events?session_id=100%',
      `/events/top?${many}x=1`,
    ]);
    expect(answers.map(({ status }) => status)).to.deep.equal([400, 400, 400]);
    expect(answers[2]?.errors?.map(({ path }) => path)).to.deep.equal(['x']);
  });

  it('is left alone where anybody may ask', async () => {
    await whileServing(createHttpApp(httpDependencies).callback(), async (url) => {
      for (const path of ['/health/live?t=1', '/health/ready?t=1', '/openapi.json?x=1']) {
        expect((await fetch(`${url}${path}`)).status, path).to.equal(200);
      }
    });
  });
});
