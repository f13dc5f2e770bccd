import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { AppError, messageOf } from '../../common/errors.ts';

const CHUNK_BYTES = 256 * 1024;

/**
 * What a file holds, unpacked where it is gzip (by its first bytes, whatever its name), chunk by chunk.
 * @throws AppError `invalid` when it is UTF-16, or gzip that cannot be unpacked to its end
 */
export async function* readBytes(file: string): AsyncGenerator<Buffer> {
  const isGzip = startsWith(await buffer(createReadStream(file, { end: 1 })), 0x1f, 0x8b);
  const source = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  let isFirst = true;
  try {
    for await (const chunk of isGzip ? unpacked(source) : source) {
      const bytes = chunk as Buffer;
      if (isFirst) refuseUtf16(file, bytes);
      isFirst = false;
      yield bytes;
    }
  } catch (error) {
    if (!isGzip || error instanceof AppError) throw error;
    throw new AppError('invalid', `${file} is gzip that cannot be unpacked: ${messageOf(error)}`, { cause: error });
  } finally {
    source.destroy();
  }
}

function unpacked(source: Readable): Readable {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  source.once('error', (error) => gunzip.destroy(error));
  return source.pipe(gunzip);
}

/** By its byte order mark, or by the zero that every other byte of plain letters is. */
function refuseUtf16(file: string, bytes: Buffer): void {
  const hasMark = startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff);
  const hasZero = bytes.length > 1 && (bytes[0] === 0) !== (bytes[1] === 0);
  if (!hasMark && !hasZero) return;
  const encoding = bytes[0] === 0xfe || bytes[0] === 0 ? 'UTF-16BE' : 'UTF-16LE';
  const how = `iconv -f ${hasMark ? 'UTF-16' : encoding} -t UTF-8 ${JSON.stringify(file)} > events.utf8`;
  throw new AppError('invalid', `${file}: received UTF-16, expected UTF-8; convert it with ${how}`);
}

function startsWith(bytes: Buffer, first: number, second: number): boolean {
  return bytes[0] === first && bytes[1] === second;
}
