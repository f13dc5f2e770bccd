/** How a reader wants what it reads: server-sent events, or JSON objects with a line for each. */
export type Format = 'sse' | 'ndjson';

/** The same in every format, made once for all readers. */
export type Frames = Readonly<Record<Format, Buffer>>;

/** What readers are shown at one moment. */
export interface Shown {
  readonly event: 'top' | 'problem';
  /** ISO 8601; part of the object too. */
  readonly generatedAt: string;
  /** The object, as JSON text without line ends. */
  readonly json: string;
}

/** How long a browser waits before it asks again after the stream has ended, whatever ended it. */
const RETRY_MS = 2_000;

/** What a stream begins with, so that a reader knows at once that it is one. */
export const OPENING: Frames = { sse: Buffer.from(`retry: ${RETRY_MS}\n\n`), ndjson: Buffer.alloc(0) };

/** What keeps proxies from taking silence for an end; readers ignore it. */
export const HEARTBEAT: Frames = { sse: Buffer.from(':\n\n'), ndjson: Buffer.from('\n') };

export function framesOf({ event, generatedAt, json }: Shown): Frames {
  return {
    sse: Buffer.from(`id: ${generatedAt}\nevent: ${event}\ndata: ${json}\n\n`),
    ndjson: Buffer.from(`${json}\n`),
  };
}
