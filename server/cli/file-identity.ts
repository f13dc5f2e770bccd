import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** What an event of a file is given where it does not say so itself; the same however often the file is imported. */
export interface LineIdentity {
  readonly event_id: string;
  /** In milliseconds since the epoch. */
  readonly timestamp: number;
}

/** So many hexadecimal digits of the hash, 128 bits, are in an id. */
const DIGITS = 32;

/**
 * Reads a file once, and gives each of its lines an id made of the file's content and the line's number, from 1, and the
 * time at which the file was last modified.
 */
export async function readFileIdentity(file: string): Promise<(line: number) => LineIdentity> {
  const hash = createHash('sha256');
  const { mtimeMs } = await stat(file);
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  const content = hash.digest('hex').slice(0, DIGITS);
  return (line) => ({ event_id: `${content}-${line}`, timestamp: Math.floor(mtimeMs) });
}
