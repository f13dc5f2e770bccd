import { expect } from 'chai';
import Koa from 'koa';
import { HEADER_LIMITS } from '../../../server/http/middleware/headers.ts';
import type { Operation } from '../../../server/http/operation/operation.ts';
import { createHttpApp, operations } from '../../../server/http/routes.ts';
import { processorMs, type Asked, type Handle } from '../../support/http/processor-time.ts';
import { httpDependencies } from '../../support/server/http-dependencies.ts';

const CHARACTERS = 16_000;
/** What a busy machine adds to any measurement. */
const NOISE_MS = 30;
/** Four times the characters take four times as long, or sixteen times where every character is looked at for every other. */
const MAX_GROWTH = 6;

/** What makes patterns go back and forth. */
const NASTY: readonly string[] = ['T', ' ', ',', '"a,', 'data.a', '0', '👩'];

const textOf = (piece: string, characters: number) => piece.repeat(Math.ceil(characters / piece.length));

type Way = (text: string) => Asked;

const inAddress: Way = (text) => ({ method: 'GET', url: `/?${encodeURIComponent(text)}` });

const inHeader = (asked: Pick<Asked, 'method' | 'url'>, name: string): Way => {
  return (text) => ({ ...asked, headers: { [name.toLowerCase()]: text } });
};

/** Each way in which a text gets into an operation. */
function waysInto({ method, path, query, pathParameters, headers }: Operation): readonly Way[] {
  const filled = (text: string) => path.replaceAll(/:\w+/g, encodeURIComponent(text));
  const asked = { method: method.toUpperCase(), url: filled('a') };
  return [
    ...Object.keys(query?.properties ?? {}).map((name) => (text: string) => ({
      ...asked,
      url: `${asked.url}?${name}=${encodeURIComponent(text)}`,
    })),
    ...(pathParameters === undefined ? [] : [(text: string) => ({ ...asked, url: filled(text) })]),
    (text: string) => ({ ...asked, url: `${asked.url}?${text}` }),
    ...Object.keys(headers?.properties ?? {}).map((name) => inHeader(asked, name)),
  ];
}

/** Measured again, and better, where a look is bad. What makes the short one look slow would hide a growth. */
async function measured(handle: Handle, way: Way, piece: string, characters: number) {
  let [short, long] = [0, Infinity];
  for (let tries = 1; tries <= 5 && !isLinear(short, long); tries += 2) {
    short = await processorMs(handle, way(textOf(piece, characters)), 3);
    long = await processorMs(handle, way(textOf(piece, 4 * characters)), tries);
  }
  return [short, long] as const;
}

function isLinear(shortMs: number, longMs: number): boolean {
  return longMs <= MAX_GROWTH * shortMs + NOISE_MS;
}

async function expectLinear(handle: Handle, way: Way, characters = CHARACTERS): Promise<void> {
  for (const piece of NASTY) {
    const [short, long] = await measured(handle, way, piece, characters);
    const { url, headers } = way(piece);
    const words = `${url} ${JSON.stringify(headers ?? {})}: ${short} ms, then ${long} ms`;
    expect(isLinear(short, long), words).to.equal(true);
  }
}

describe('The time that a request takes', () => {
  const handle = createHttpApp(httpDependencies).callback();

  for (const operation of operations(httpDependencies)) {
    it(`grows with its length alone: ${operation.method} ${operation.path}`, async () => {
      for (const way of waysInto(operation)) await expectLinear(handle, way);
    }).timeout(120_000);
  }

  // They are read before it is known which operation it is.
  for (const name of [...Object.keys(HEADER_LIMITS), 'x-request-id']) {
    for (const method of ['GET', 'POST']) {
      it(`grows with its length alone: the header ${name} of a ${method}`, async () => {
        await expectLinear(handle, inHeader({ method, url: '/analytics' }, name));
      }).timeout(120_000);
    }
  }

  it('would be seen to grow with its square', async () => {
    const app = new Koa().use((ctx) => {
      ctx.body = { found: /(T.*) (\d{2}:?\d{2})$/.test(decodeURIComponent(ctx.querystring)) };
    });
    let failure: unknown;
    await expectLinear(app.callback(), inAddress, CHARACTERS / 2).catch((error: unknown) => (failure = error));
    expect(failure).to.be.an('error');
  }).timeout(120_000);
});
