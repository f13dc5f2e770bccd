import { expect } from 'chai';
import { isCidr, networks, plainAddress } from '../../../server/auth/networks.ts';

describe('networks', () => {
  const inside = networks(['10.0.0.0/8', '192.168.7.9', 'fd00::/8', '2001:db8::1']);

  it('has the addresses of its blocks, and no others', () => {
    for (const address of ['10.0.0.0', '10.255.255.255', '192.168.7.9', 'fd12::1', '2001:db8::1']) {
      expect(inside.has(address), address).to.equal(true);
    }
    for (const address of ['9.255.255.255', '11.0.0.0', '192.168.7.8', 'fe80::1', '2001:db8::2']) {
      expect(inside.has(address), address).to.equal(false);
    }
  });

  it('knows an IPv4 address that comes over an IPv6 socket', () => {
    expect(inside.has(plainAddress('::ffff:10.1.2.3'))).to.equal(true);
    expect(inside.has(plainAddress('::ffff:11.1.2.3'))).to.equal(false);
  });

  it('has nothing that is no address', () => {
    for (const text of ['', 'unknown', '10.0.0', '10.0.0.1:80', '10.0.0.0/8']) {
      expect(inside.has(text), text).to.equal(false);
    }
    expect(networks([]).has('127.0.0.1')).to.equal(false);
    expect(networks(['0.0.0.0/0']).has('8.8.8.8')).to.equal(true);
  });
});

describe('isCidr', () => {
  it('takes blocks and single addresses', () => {
    for (const text of ['10.0.0.0/8', '10.1.2.3', '0.0.0.0/0', '10.0.0.1/32', '::/0', 'fd00::/8', '::1/128']) {
      expect(isCidr(text), text).to.equal(true);
    }
  });

  it('takes nothing else', () => {
    const wrong = ['', '/', '/8', '10.0.0.0/', '10.0.0.0/33', '10.0.0/8', '10.0.0.0/8/8', '10.0.0.0/-1'];
    for (const text of [...wrong, '10.0.0.0/x', '::/129', 'localhost', 'fe80::1%eth0', ' 10.0.0.0/8']) {
      expect(isCidr(text), text).to.equal(false);
    }
  });
});

describe('plainAddress', () => {
  it('takes off what the socket or the link adds', () => {
    expect(plainAddress('::ffff:10.0.0.1')).to.equal('10.0.0.1');
    expect(plainAddress('::FFFF:10.0.0.1')).to.equal('10.0.0.1');
    expect(plainAddress('fe80::1%eth0')).to.equal('fe80::1');
    expect(plainAddress('2001:db8::1')).to.equal('2001:db8::1');
    expect(plainAddress('10.0.0.1')).to.equal('10.0.0.1');
  });
});
