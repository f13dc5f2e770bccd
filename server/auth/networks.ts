import { BlockList, isIP } from 'node:net';

/** A set of IP addresses. */
export interface Networks {
  /** @param address as `plainAddress` gives it; anything that is no address is in no network */
  has(address: string): boolean;
}

/** The networks of some CIDR blocks or single addresses, each as `isCidr` takes it. */
export function networks(cidrs: readonly string[]): Networks {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/');
    const isV4 = isIP(address) === 4;
    list.addSubnet(address, Number(prefix ?? (isV4 ? 32 : 128)), isV4 ? 'ipv4' : 'ipv6');
  }
  return {
    has: (address) => {
      const version = isIP(address);
      return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
    },
  };
}

/** Whether a text is a CIDR block (`10.0.0.0/8`, `fd00::/8`) or a single address. */
export function isCidr(text: string): boolean {
  const [, address = '', prefix] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && (prefix === undefined || Number(prefix) <= (version === 4 ? 32 : 128));
}

/** An address without what a dual-stack socket (`::ffff:10.0.0.1`) or a link (`fe80::1%eth0`) adds to it. */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address;
  const [plain = ''] = address.split('%', 1);
  const [, v4 = ''] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain) ?? [];
  return v4 === '' ? plain : v4;
}
