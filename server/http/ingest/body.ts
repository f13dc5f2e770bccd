import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../common/errors.ts';

export interface BodyOptions {
  readonly isGzip: boolean;
  /** Of what is sent, and of what it becomes when it is decompressed. */
  readonly maxBytes: number;
  /** Called with each piece, decompressed; what it throws ends the reading. */
  readonly onChunk: (chunk: Buffer) => void;
}

/** The body is not what its Content-Encoding says; what was decompressed until then has been handed on. */
export class BrokenEncoding extends Error {}

/** More bytes than allowed; those before have been handed on. */
export class BodyTooLarge extends Error {}

const CHUNK_BYTES = 64 * 1024;

/**
 * Reads a body piece by piece. When it fails, the rest of the body is read and thrown away (Node ends a request that
 * takes too long), so that the client gets its answer instead of a broken connection.
 * @throws BrokenEncoding, BodyTooLarge, AppError `invalid` when the client went away, and what `onChunk` throws
 */
export async function readBody(request: IncomingMessage, options: BodyOptions): Promise<void> {
  const { isGzip, maxBytes, onChunk } = options;
  const gunzip = isGzip ? createGunzip({ chunkSize: CHUNK_BYTES }) : undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const limited = (handle: (chunk: Buffer) => void) => {
        let bytes = 0;
        return (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxBytes) {
            reject(new BodyTooLarge(`received more than ${maxBytes} bytes, expected at most that`));
            return;
          }
          try {
            handle(chunk);
          } catch (error) {
            reject(error);
          }
        };
      };
      const gone = () => reject(new AppError('invalid', 'The connection ended before the body did'));
      request.once('error', gone);
      // A request closes after its end too, and then gunzip may still be at work.
      request.once('close', () => (request.complete ? undefined : gone()));
      if (gunzip === undefined) {
        request.on('data', limited(onChunk)).once('end', resolve);
        return;
      }
      gunzip.on('data', limited(onChunk)).once('end', resolve);
      gunzip.once('error', ({ message }) => reject(new BrokenEncoding(`received what is not gzip: ${message}`)));
      request
        .on(
          'data',
          limited(() => undefined),
        )
        .pipe(gunzip);
    });
  } finally {
    request.unpipe().removeAllListeners('data').resume();
    gunzip?.removeAllListeners('data').destroy();
  }
}
