import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError, messageOf } from '../../common/errors.ts';

export interface BodyOptions {
  /** Whether it says that it is gzip; one that begins as gzip does is it, too, whatever it says. */
  readonly isGzip: boolean;
  /** Of what is sent, and of what it becomes when it is decompressed. */
  readonly maxBytes: number;
  /** Called with each piece, decompressed. The next one waits for its promise; what it throws ends the reading. */
  readonly onChunk: (chunk: Buffer) => Promise<void> | void;
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
  const { maxBytes, onChunk } = options;
  const isGzip = options.isGzip || (await beginsAsGzip(request));
  if (request.readableEnded) return;
  const decompressor = isGzip ? createGunzip({ chunkSize: CHUNK_BYTES }) : undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      // A stream that is paused may end all the same, while its last piece is at work.
      let underWay: Promise<void> | undefined;
      const ended = () => void (underWay ?? Promise.resolve()).then(resolve, reject);
      const limited = (source: Readable, handle: BodyOptions['onChunk']) => {
        let bytes = 0;
        return (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxBytes) {
            reject(tooLarge(maxBytes));
            return;
          }
          try {
            const handled = handle(chunk);
            if (handled === undefined) return;
            source.pause();
            underWay = handled;
            handled.then(() => source.resume(), reject);
          } catch (error) {
            reject(error);
          }
        };
      };
      const gone = () => reject(connectionEnded());
      request.once('error', gone);
      // A request closes after its end too, and then the decompressor may still be at work.
      request.once('close', () => (request.complete ? undefined : gone()));
      if (decompressor === undefined) {
        request.on('data', limited(request, onChunk)).once('end', ended).resume();
        return;
      }
      decompressor.on('data', limited(decompressor, onChunk)).once('end', ended);
      decompressor.once('error', ({ message }) => reject(new BrokenEncoding(`received what is not gzip: ${message}`)));
      request
        .on(
          'data',
          limited(request, () => undefined),
        )
        .pipe(decompressor);
    });
  } finally {
    request.unpipe().removeAllListeners('data').resume();
    decompressor?.removeAllListeners('data').destroy();
  }
}

/** The first byte of gzip, which neither JSON nor any other text that is read here begins with. */
const GZIP = 0x1f;

/** Looks at the first byte of a body, and leaves it there. */
async function beginsAsGzip(request: IncomingMessage): Promise<boolean> {
  return await new Promise<boolean>((resolve, reject) => {
    const settle = (act: () => void) => {
      request.off('data', begin).off('end', end).off('close', gone).off('error', gone);
      act();
    };
    const begin = (chunk: Buffer) => {
      request.pause();
      request.unshift(chunk);
      settle(() => resolve(chunk[0] === GZIP));
    };
    const end = () => settle(() => resolve(false));
    const gone = () => settle(() => reject(connectionEnded()));
    request.on('data', begin).on('end', end).on('close', gone).on('error', gone);
  });
}

function connectionEnded(): AppError {
  return new AppError('invalid', 'The connection ended before the body did');
}

/** Of what a body becomes when it is decoded. */
export interface DecodingLimits {
  readonly maxBytes: number;
  /** Told of each piece before it is kept. @throws AppError `overloaded` when there is no room for it */
  readonly hold: (bytes: number) => void;
}

/**
 * What some bytes are when they are decompressed.
 * @throws BrokenEncoding, BodyTooLarge, and what `hold` throws
 */
export async function gunzipped(bytes: Buffer, { maxBytes, hold }: DecodingLimits): Promise<Buffer> {
  const decompressor = createGunzip({ chunkSize: CHUNK_BYTES });
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of decompressor.end(bytes) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge(maxBytes);
      hold(chunk.length);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof BodyTooLarge || error instanceof AppError) throw error;
    throw new BrokenEncoding(`received what is not gzip: ${messageOf(error)}`);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): BodyTooLarge {
  return new BodyTooLarge(`received more than ${maxBytes} bytes, expected at most that`);
}

/** The bytes of all bodies that are being read, so that many large ones at once cannot exhaust the memory. */
export class BodyBudget {
  readonly #maxBytes: number;
  readonly #whole: BodyBudget | undefined;
  #bytes = 0;

  /** @param whole the budget that this one is the part of for bodies that have their key inside */
  constructor(maxBytes: number, whole?: BodyBudget) {
    this.#maxBytes = maxBytes;
    this.#whole = whole;
  }

  /** @throws AppError `overloaded` when there is no room for them; then they are not taken */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#maxBytes) {
      const bodies = this.#whole === undefined ? 'bodies' : 'bodies with their key inside';
      const message = `Nothing was stored: ${this.#bytes} bytes of ${bodies} are being read, at most ${this.#maxBytes} may be`;
      throw new AppError('overloaded', message, { retryAfterS: 1 });
    }
    this.#whole?.take(bytes);
    this.#bytes += bytes;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
    this.#whole?.release(bytes);
  }
}
