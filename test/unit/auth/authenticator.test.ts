import { expect } from 'chai';
import { createAuthenticator, type AuthRules, type RequestIdentity } from '../../../server/auth/authenticator.ts';
import { apiKey, ownKey } from '../../support/http/api-keys.ts';

const NOBODY: AuthRules = { keys: [], networks: [], proxies: [] };
const KEYS = [apiKey('shop-key', 'shop', 'write'), apiKey('desk-key', 'desk', 'read')];

function callerOf(rules: Partial<AuthRules>, identity: Partial<RequestIdentity>) {
  const authenticator = createAuthenticator({ ...NOBODY, ...rules });
  return authenticator({
    socketAddress: '203.0.113.7',
    forwardedFor: undefined,
    authorization: undefined,
    ...identity,
  });
}

const basic = (user: string) => `Basic ${Buffer.from(user).toString('base64')}`;
const nothing = { roles: new Set(), address: '203.0.113.7' };

describe('The authenticator', () => {
  it('lets everyone do everything while nothing says whom to trust', () => {
    for (const authorization of [undefined, 'Bearer anything']) {
      const caller = callerOf({}, { authorization });
      expect(caller).to.deep.equal({ roles: new Set(['read', 'write']), address: '203.0.113.7' });
    }
  });

  it('gives a key its application and its roles', () => {
    const shop = { application: 'shop', roles: new Set(['write']), address: '203.0.113.7' };
    for (const authorization of ['Bearer shop-key', 'bearer  shop-key ', basic('shop-key:'), basic('shop-key')]) {
      expect(callerOf({ keys: KEYS }, { authorization }), authorization).to.deep.equal(shop);
    }
    expect(callerOf({ keys: KEYS }, { authorization: basic('shop-key:any password') })).to.deep.equal(shop);
  });

  it('gives a key that reads its own events alone its application as its scope', () => {
    const keys = [...KEYS, ownKey('own-key', 'shop', 'read')];
    expect(callerOf({ keys }, { authorization: 'Bearer own-key' }).scope).to.equal('shop');
    expect(callerOf({ keys }, { authorization: 'Bearer desk-key' })).not.to.have.property('scope');
    expect(callerOf({}, {})).not.to.have.property('scope');
  });

  it('gives nothing without a valid key', () => {
    const wrong = [undefined, '', 'shop-key', 'Bearer', 'Bearer ', 'Bearer shop-kez', 'Bearer shop-key x'];
    for (const authorization of [...wrong, 'Digest shop-key', basic(''), basic(':shop-key'), 'Basic %%%']) {
      expect(callerOf({ keys: KEYS }, { authorization }), authorization).to.deep.equal(nothing);
    }
  });

  it('limits each address without a key, trusted or not, and no other', () => {
    const rules = { keys: KEYS, networks: ['10.0.0.0/8'], ratePerAddress: { eventsPerSecond: 1, burst: 1 } };
    for (const socketAddress of ['10.0.0.1', '203.0.113.7']) {
      expect(callerOf(rules, { socketAddress }), socketAddress).to.have.property('rateLimit');
    }
    expect(callerOf(rules, { authorization: 'Bearer shop-key' })).not.to.have.property('rateLimit');
  });

  it('lets a trusted network write, and not read', () => {
    const caller = callerOf({ networks: ['203.0.113.0/24'] }, {});
    expect(caller).to.deep.equal({ roles: new Set(['write']), address: '203.0.113.7' });
    expect(callerOf({ networks: ['203.0.114.0/24'] }, {})).to.deep.equal(nothing);
  });

  it('looks at no key where there is none to know', () => {
    const rules = { networks: ['203.0.113.0/24'] };
    for (const identity of [{ key: 'phc_any' }, { authorization: basic('any') }]) {
      expect(callerOf(rules, identity).roles).to.deep.equal(new Set(['write']));
      expect(callerOf(rules, { ...identity, socketAddress: '192.0.2.1' }).roles).to.deep.equal(new Set());
    }
  });

  it('does not make up for a wrong key, also not in a trusted network', () => {
    const rules = { keys: KEYS, networks: ['203.0.113.0/24'] };
    expect(callerOf(rules, { authorization: 'Bearer wrong' })).to.deep.equal(nothing);
    expect(callerOf(rules, { authorization: 'Bearer shop-key' }).application).to.equal('shop');
    expect(callerOf(rules, {}).roles).to.deep.equal(new Set(['write']));
  });

  it('believes X-Forwarded-For from a trusted proxy alone', () => {
    const rules = { networks: ['192.168.0.0/16'], proxies: ['10.0.0.1'] };
    const forwardedFor = '192.168.1.1';
    expect(callerOf(rules, { forwardedFor })).to.deep.equal(nothing);
    const caller = callerOf(rules, { forwardedFor, socketAddress: '10.0.0.1' });
    expect(caller).to.deep.equal({ roles: new Set(['write']), address: '192.168.1.1' });
  });
});
