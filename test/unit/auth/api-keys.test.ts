import { expect } from 'chai';
import { keyFinder, parseApiKeys } from '../../../server/auth/api-keys.ts';
import { apiKey, ownKey } from '../../support/http/api-keys.ts';

const SHOP = apiKey('shop-key', 'shop', 'write');
const DESK = apiKey('desk-key', 'desk', 'read', 'write');

describe('keyFinder', () => {
  const find = keyFinder([SHOP, DESK, apiKey('second-shop-key', 'shop', 'read')], () => 0);

  it('finds the owner of a key, wherever in the list it is', () => {
    expect(find('shop-key')).to.deep.equal({ application: 'shop', roles: new Set(['write']) });
    expect(find('desk-key')).to.deep.equal({ application: 'desk', roles: new Set(['read', 'write']) });
    expect(find('second-shop-key')).to.deep.equal({ application: 'shop', roles: new Set(['read']) });
  });

  it('knows which keys read the events of their own application alone', () => {
    const find = keyFinder([ownKey('own', 'shop', 'read'), apiKey('all', 'shop', 'read')], () => 0);
    expect(find('own')).to.deep.equal({ application: 'shop', roles: new Set(['read']), scope: 'shop' });
    expect(find('all')).to.deep.equal({ application: 'shop', roles: new Set(['read']) });
  });

  it('takes nothing else for a key: not a part of it, not its hash', () => {
    for (const key of ['', 'shop-ke', 'shop-keyy', 'SHOP-KEY', ' shop-key', SHOP.sha256, 'x'.repeat(16_384)]) {
      expect(find(key), key).to.equal(undefined);
    }
  });

  it('finds nobody without keys', () => {
    expect(keyFinder([], () => 0)('shop-key')).to.equal(undefined);
  });
});

describe('parseApiKeys', () => {
  it('reads what the operator wrote, in either case of hex', () => {
    const json = JSON.stringify([{ ...SHOP, sha256: SHOP.sha256.toUpperCase() }, DESK]);
    expect(parseApiKeys(json)).to.deep.equal([SHOP, DESK]);
  });

  it('reads what limits a key: to its own events, and to a rate', () => {
    const limited = { ...ownKey('own', 'shop', 'read'), rate: { events_per_second: 5 } };
    const [key] = parseApiKeys(JSON.stringify([limited]));
    expect(key).to.deep.equal({ ...limited, rate: { eventsPerSecond: 5, burst: 5 } });
  });

  const secret = 's3cret-that-is-no-hash';
  const wrong: readonly (readonly [string, unknown, string])[] = [
    ['some entry', [], 'received no entries'],
    ['an array', { application: 'shop', sha256: secret }, 'received JSON that is not an array'],
    ['objects', [SHOP, secret], 'entry 2: expected an object'],
    ['applications', [{ ...SHOP, application: '' }], 'entry 1: expected an application'],
    ['hashes', [SHOP, { ...DESK, sha256: secret }], 'entry 2 ("desk"): expected as sha256 the 64 hex digits'],
    ['a hash', [{ application: 'shop', roles: ['read'] }], 'entry 1 ("shop"): expected as sha256'],
    ['known roles', [{ ...SHOP, roles: ['admin'] }], 'entry 1 ("shop"): expected as roles'],
    ['some role', [{ ...SHOP, roles: [] }], 'entry 1 ("shop"): expected as roles'],
    ['roles in an array', [{ ...SHOP, roles: 'read' }], 'entry 1 ("shop"): expected as roles'],
    ['own or nothing as reads', [{ ...SHOP, reads: 'all' }], 'entry 1 ("shop"): expected as reads "own"'],
    ['own or nothing as reads', [{ ...SHOP, reads: null }], 'entry 1 ("shop"): expected as reads "own"'],
    ['no other fields', [{ ...SHOP, role: secret }], 'entry 1 ("shop"): expected the fields'],
    ['each hash once', [SHOP, { ...DESK, sha256: SHOP.sha256 }], 'entry 2 ("desk"): received the sha256 of entry 1'],
  ];
  for (const [what, value, message] of wrong) {
    it(`expects ${what}, names the entry, and shows neither hash nor key`, () => {
      expectMessage(JSON.stringify(value), message);
    });
  }

  it('does not quote text that is not JSON', () => {
    expectMessage(`[{"sha256": ${secret}}]`, 'received 36 characters that are not JSON');
  });

  function expectMessage(json: string, message: string): void {
    expect(() => parseApiKeys(json))
      .to.throw(Error)
      .that.satisfies((error: Error) => {
        expect(error.message).to.contain(message);
        expect(error.message).not.to.contain(secret).and.not.to.contain(SHOP.sha256);
        expect(error.cause).to.equal(undefined);
        return true;
      });
  }
});
