import { expect } from 'chai';
import { createSession } from '../../../dashboard/api/session.ts';

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
