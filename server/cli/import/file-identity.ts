import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { AppError } from '../../common/errors.ts';
import { readBytes } from './read-bytes.ts';

/** What an event of a file is given where it does not say so itself; the same however often the file is imported. */
export interface LineIdentity {
  readonly event_id: string;
  /** In milliseconds since the epoch. */
  readonly timestamp: number;
}

/** So many hexadecimal digits of the hash, 128 bits, are in an id. */
const DIGITS = 32;

/** What a first reading of a file finds out. */
export interface FileIdentity {
  /** What the line of a number, from 1, is given. */
  readonly identityOf: (line: number) => LineIdentity;
  /** How much the file holds, unpacked. */
  readonly bytes: number;
}

/**
 * Reads a file once, and gives each of its lines an id made of the file's content, packed or not, and the line's number,
 * and the time at which the file was last modified.
 * @throws AppError `invalid` when it is no regular file, which alone can be read again, and as `readBytes`; the reason of the signal
 */
export async function readFileIdentity(file: string, signal: AbortSignal): Promise<FileIdentity> {
  const hash = createHash('sha256');
  const found = await stat(file);
  if (!found.isFile())
    throw new AppError('invalid', 'expected a regular file, which can be read twice; write what a pipe gives into one');
  const { mtimeMs } = found;
  let bytes = 0;
  for await (const chunk of readBytes(file)) {
    signal.throwIfAborted();
    hash.update(chunk);
    bytes += chunk.length;
  }
  const content = hash.digest('hex').slice(0, DIGITS);
  return { identityOf: (line) => ({ event_id: `${content}-${line}`, timestamp: Math.floor(mtimeMs) }), bytes };
}
