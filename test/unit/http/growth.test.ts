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

/** Each way in which a text gets into an operation. */
function waysInto({ method, path, query, pathParameters, headers }: Operation): readonly ((text: string) => Asked)[] {
  const filled = (text: string) => path.replaceAll(/:\w+/g, encodeURIComponent(text));
  const asked = { method: method.toUpperCase(), url: filled('a') };
  const names = [...Object.keys(HEADER_LIMITS), 'x-request-id', ...Object.keys(headers?.properties ?? {})];
  return [
    ...Object.keys(query?.properties ?? {}).map((name) => (text: string) => ({
      ...asked,
      url: `${asked.url}?${name}=${encodeURIComponent(text)}`,
    })),
    ...(pathParameters === undefined ? [] : [(text: string) => ({ ...asked, url: filled(text) })]),
    (text: string) => ({ ...asked, url: `${asked.url}?${text}` }),
    ...names.map((name) => (text: string) => ({ ...asked, headers: { [name.toLowerCase()]: text } })),
  ];
}

/** Measured again, and better, where the first look is bad. What makes the short one look slow would hide a growth. */
async function measured(handle: Handle, way: (text: string) => Asked, piece: string) {
  const look = async (tries: number) => {
    const short = await processorMs(handle, way(textOf(piece, CHARACTERS)), 3);
    return [short, await processorMs(handle, way(textOf(piece, 4 * CHARACTERS)), tries)] as const;
  };
  const [short, long] = await look(1);
  return isLinear(short, long) ? ([short, long] as const) : await look(3);
}

function isLinear(shortMs: number, longMs: number): boolean {
  return longMs <= MAX_GROWTH * shortMs + NOISE_MS;
}

async function expectLinear(handle: Handle, way: (text: string) => Asked): Promise<void> {
  for (const piece of NASTY) {
    const [short, long] = await measured(handle, way, piece);
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

  it('would be seen to grow with its square', async () => {
    const app = new Koa().use((ctx) => {
      ctx.body = { found: /(T.*) (\d{2}:?\d{2})$/.test(decodeURIComponent(ctx.querystring)) };
    });
    let failure: unknown;
    await expectLinear(app.callback(), (text) => ({ method: 'GET', url: `/?${encodeURIComponent(text)}` })).catch(
      (error: unknown) => (failure = error),
    );
    expect(failure).to.be.an('error');
  }).timeout(120_000);
});
