import { expect } from 'chai';
import { ApiError, type ApiErrorKind } from '../../../dashboard/api/api-error.ts';
import { createSession } from '../../../dashboard/api/session.ts';
import { tryKey } from '../../../dashboard/api/try-key.ts';

function tabStorage() {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => void items.set(name, value),
    removeItem: (name: string) => void items.delete(name),
  };
}

describe('The API key of a tab', () => {
  it('is kept until it is forgotten, and asked for then', () => {
    const storage = tabStorage();
    createSession(() => storage).keep('k');
    const session = createSession(() => storage);
    expect(session.credentials.get()).to.deep.equal({ key: 'k', asks: 'none' });
    session.forget();
    expect(session.credentials.get()).to.deep.equal({ key: undefined, asks: 'missing' });
    expect(storage.items.size).to.equal(0);
  });

  it('is dropped when the service refuses it, but not for a request from before it was given', () => {
    const session = createSession(tabStorage);
    session.refused(undefined);
    expect(session.credentials.get().asks).to.equal('missing');
    session.keep('k');
    session.refused(undefined);
    expect(session.credentials.get()).to.deep.equal({ key: 'k', asks: 'none' });
    session.refused('k');
    expect(session.credentials.get()).to.deep.equal({ key: undefined, asks: 'refused' });
  });

  it('lasts as long as the page where the browser forbids storage', () => {
    const session = createSession(() => {
      throw new Error('SecurityError');
    });
    session.keep('k');
    expect(session.credentials.get().key).to.equal('k');
  });
});

/** Tries a key while the service answers like this, and then with success. @returns what came of it, and how often it was asked */
async function tried(...answers: readonly ApiErrorKind[]) {
  const asked: (string | undefined)[] = [];
  const api = {
    get: async (_path: string, { key }: { readonly key?: string }) => {
      const kind = answers[asked.length];
      asked.push(key);
      if (kind !== undefined) throw new ApiError(kind, kind);
      return Promise.resolve({ value: {}, ageMs: 0 });
    },
    nowMs: () => 0,
  };
  const pauses: number[] = [];
  const pause = async (ms: number) => void (await Promise.resolve(pauses.push(ms)));
  const error = await tryKey({ api, key: 'k', random: () => 0, pause });
  return { kind: error?.kind, asked, pauses };
}

describe('A key that is tried', () => {
  it('is tried again where the service had no time to look at it, and then what it says holds', async () => {
    expect(await tried('unavailable', 'unauthorized')).to.deep.equal({
      kind: 'unauthorized',
      asked: ['k', 'k'],
      pauses: [500],
    });
    expect(await tried('unavailable', 'unavailable')).to.include({ kind: undefined });
  });

  it('is not known to be accepted where the service goes on having none', async () => {
    const { kind, asked } = await tried('unavailable', 'unavailable', 'unavailable');
    expect({ kind, tries: asked.length }).to.deep.equal({ kind: 'unavailable', tries: 3 });
  });

  it('is tried once where the service says what it thinks of it, or is not there', async () => {
    for (const answer of ['unauthorized', 'forbidden', 'unreachable'] as const) {
      expect(await tried(answer)).to.deep.equal({ kind: answer, asked: ['k'], pauses: [] });
    }
  });
});
