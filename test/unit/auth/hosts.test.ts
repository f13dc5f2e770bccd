import { expect } from 'chai';
import { hostCheck, isOwnOrigin } from '../../../server/auth/hosts.ts';

const LOCAL = [
  'localhost',
  'LOCALHOST:8080',
  'app.localhost:1',
  '127.0.0.1:8080',
  '127.1.2.3',
  '[::1]:8080',
  'localhost.',
];
const FOREIGN = [
  'evil.example',
  'evil.example:8080',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'evillocalhost.x',
  '',
];
const NEAR = ['10.0.0.5:8080', '[fd00::1]:8080', 'clickhour:8080'];

const answered = (rules: Partial<Parameters<typeof hostCheck>[0]>, hosts: readonly string[]) =>
  hosts.filter(hostCheck({ isOpen: true, listenHost: '127.0.0.1', allowedHosts: [], ...rules }));

describe('hostCheck', () => {
  it('answers for this machine alone while everything is open on a loopback address', () => {
    expect(answered({}, [...LOCAL, ...FOREIGN, ...NEAR])).to.deep.equal(LOCAL);
  });

  it('answers for addresses and names without a dot, too, on another address', () => {
    expect(answered({ listenHost: '0.0.0.0' }, [...LOCAL, ...FOREIGN, ...NEAR])).to.deep.equal([...LOCAL, ...NEAR]);
  });

  it('answers for what is allowed, with any port and in any case, and for everything with *', () => {
    expect(
      answered({ allowedHosts: ['Stats.Example'] }, ['stats.example:80', 'STATS.example', 'x.stats.example']),
    ).to.deep.equal(['stats.example:80', 'STATS.example']);
    expect(answered({ allowedHosts: ['*'] }, FOREIGN)).to.deep.equal(FOREIGN);
  });

  it('answers for any name where there are keys, unless some are allowed', () => {
    expect(answered({ isOpen: false }, FOREIGN)).to.deep.equal(FOREIGN);
    expect(answered({ isOpen: false, allowedHosts: ['a.example'] }, [...FOREIGN, 'a.example'])).to.deep.equal([
      'a.example',
    ]);
  });
});

describe('isOwnOrigin', () => {
  it('compares host and port, whatever the scheme', () => {
    const own: readonly (readonly [string, string])[] = [
      ['http://localhost:8080', 'localhost:8080'],
      ['https://stats.example', 'stats.example'],
      ['https://stats.example', 'Stats.example:443'],
      ['http://[::1]:8080', '[::1]:8080'],
    ];
    const foreign: readonly (readonly [string, string])[] = [
      ['http://localhost:3000', 'localhost:8080'],
      ['https://evil.example', 'stats.example'],
      ['null', 'localhost:8080'],
      ['', 'localhost'],
      ['file://localhost', 'localhost'],
    ];
    expect(own.filter(([origin, host]) => !isOwnOrigin(origin, host))).to.deep.equal([]);
    expect(foreign.filter(([origin, host]) => isOwnOrigin(origin, host))).to.deep.equal([]);
  });
});
