import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeDirectory, syncDirectory } from '../common/files.ts';
import type { BackupFile } from './manifest.ts';

/**
 * Writes what a stream gives to a new file below `directory`, that only this user may read; returns once it is on disk.
 * @param name below `directory`, with `/`
 * @param through what the bytes go through on their way, such as a compressor
 */
export async function writeStream(
  directory: string,
  name: string,
  source: Readable,
  through: readonly Transform[] = [],
): Promise<BackupFile> {
  const file = path.join(directory, name);
  await makeDirectory(path.dirname(file));
  const hash = createHash('sha256');
  let bytes = 0;
  const measured = new Transform({
    transform: (chunk: Buffer, _, done) => {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const written = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
  await pipeline([source, ...through, measured, written]);
  await syncDirectory(path.dirname(file));
  return { path: name, bytes, sha256: hash.digest('hex') };
}
