import { expect } from 'chai';
import { clientAddress } from '../../../server/auth/client-address.ts';
import { networks } from '../../../server/auth/networks.ts';

const PROXIES = networks(['10.0.0.0/24', 'fd00::/8']);

describe('clientAddress', () => {
  const cases: readonly (readonly [string, string, string | undefined, string])[] = [
    ['is the socket without a header', '10.0.0.1', undefined, '10.0.0.1'],
    ['is the socket when that is no proxy, whatever the header claims', '8.8.8.8', '10.0.0.9', '8.8.8.8'],
    ['is what the proxy saw', '10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['is the last entry, not what the client put in front', '10.0.0.1', '127.0.0.1, 203.0.113.7', '203.0.113.7'],
    ['is the entry before the proxies', '10.0.0.1', '1.1.1.1, 203.0.113.7, 10.0.0.3,10.0.0.2', '203.0.113.7'],
    ['is the first entry when all are proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['is unknown when the proxy did not know', '10.0.0.1', '127.0.0.1, unknown', 'unknown'],
    ['is unknown when the proxy wrote nothing', '10.0.0.1', '', 'unknown'],
    ['comes without its port', '10.0.0.1', '203.0.113.7:4711', '203.0.113.7'],
    ['comes without its port and brackets', '10.0.0.1', '[2001:db8::7]:4711', '2001:db8::7'],
    ['is a plain IPv4 address behind a dual-stack socket', '::ffff:10.0.0.1', '::ffff:203.0.113.7', '203.0.113.7'],
    ['is known behind an IPv6 proxy', 'fd12::1', '2001:db8::7', '2001:db8::7'],
  ];
  for (const [what, socket, header, expected] of cases) {
    it(what, () => {
      expect(clientAddress(socket, header, PROXIES)).to.equal(expected);
    });
  }
});
