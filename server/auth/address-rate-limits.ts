import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';
import { TokenBucket, type Rate } from './token-bucket.ts';

/** So many addresses are remembered; of more, those that were quiet longest begin anew. */
const MAX_ADDRESSES = 100_000;

/** The bucket of an address, for callers without a key. */
export function addressRateLimits(rate: Rate, nowMs: () => number): (address: string) => TokenBucket {
  const buckets = new LRUCache<string, TokenBucket>({ max: MAX_ADDRESSES });
  return (address) => {
    const place = placeOf(address);
    let bucket = buckets.get(place);
    if (bucket === undefined) {
      bucket = new TokenBucket(rate, nowMs);
      buckets.set(place, bucket);
    }
    return bucket;
  };
}

/** Whoever has one IPv6 address has the 2^64 others of its network. */
function placeOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const first = head.split(':');
  // What `::` stands for is zeros, and ends in front of the tail.
  const zeros = tail === undefined ? 0 : 8 - first.length - tail.split(':').length;
  return [...first, ...Array<string>(Math.max(0, zeros)).fill('0'), ...(tail ?? '').split(':')].slice(0, 4).join(':');
}
