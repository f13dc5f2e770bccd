import { isIP } from 'node:net';
import { plainAddress, type Networks } from './networks.ts';

/** What a proxy names the client when it does not know; in no network, so trusted with nothing. */
const UNKNOWN = 'unknown';

/**
 * The address of the client. Each proxy appends the address that it was called from to X-Forwarded-For, and anyone may
 * send the header: so it is read from its end, as far as those who wrote it are trusted, and the first address that is
 * not a trusted proxy's is the client's.
 *
 * @param socketAddress who is connected to this server
 * @param forwardedFor the header, as it came
 */
export function clientAddress(socketAddress: string, forwardedFor: string | undefined, proxies: Networks): string {
  let address = plainAddress(socketAddress);
  if (forwardedFor === undefined) return address;
  const hops = forwardedFor.split(',');
  while (hops.length > 0 && proxies.has(address)) {
    address = hopAddress(hops.pop() ?? '');
  }
  return address;
}

/** One entry of the header; some proxies add the port. */
function hopAddress(entry: string): string {
  const text = entry.trim();
  const [, v4] = /^([\d.]+):\d+$/.exec(text) ?? [];
  const [, v6] = /^\[([^\]]+)\](?::\d+)?$/.exec(text) ?? [];
  const address = plainAddress(v4 ?? v6 ?? text);
  return isIP(address) === 0 ? UNKNOWN : address;
}
