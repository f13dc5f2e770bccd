import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Type } from 'typebox';
import { AppError, show } from '../../common/errors.ts';
import { problem } from '../operation/answers.ts';
import type { RequestContext } from '../operation/context.ts';
import type { Operation } from '../operation/operation.ts';

/** How a file may be compressed, the best first, as `Accept-Encoding` calls it. */
export const ENCODINGS = ['br', 'gzip'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** A file that a page consists of. */
export interface Asset {
  /** Names its content, so that a browser which has it need not take it again. */
  readonly etag?: string;
  readonly body: () => Buffer | Readable | string;
  /** The same, compressed beforehand. */
  readonly compressed?: Readonly<Partial<Record<Encoding, Buffer>>>;
}

export interface AssetsDeclaration {
  /** With `:asset` at its end. */
  readonly path: string;
  readonly tag: string;
  readonly cacheControl: string;
  /** By name. Its extension is its type. */
  readonly assets: ReadonlyMap<string, Asset>;
  /** What the files may be. */
  readonly mediaTypes: readonly string[];
}

/** A file that the build has put there, with it compressed beside it; read at once. */
export function readAsset(file: string): Asset {
  const bytes = readFileSync(file);
  const etag = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  const compressed = { br: readFileSync(`${file}.br`), gzip: readFileSync(`${file}.gz`) };
  return { etag, body: () => bytes, compressed };
}

/** Serves the files of a page by name: those and no other. */
export function assetsOperation(declaration: AssetsDeclaration): Operation {
  const { path: route, tag, cacheControl, assets, mediaTypes } = declaration;
  const Binary = Type.String({ format: 'binary' });
  return {
    method: 'get',
    path: route,
    tag,
    summary: 'What the page consists of',
    access: 'open',
    pathParameters: Type.Object({ asset: Type.String({ description: 'a file that the page names' }) }),
    answers: {
      200: {
        description: 'The file',
        content: Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, Binary])),
      },
      304: { description: 'The file is the one that the caller has' },
      404: problem('There is no such file'),
    },
    handle: (ctx) => {
      const { asset: name = '' } = ctx['params'];
      const asset = assets.get(name);
      if (asset === undefined) {
        const expected = assets.size === 0 ? 'nothing' : `one of ${[...assets.keys()].join(', ')}`;
        throw new AppError('not_found', `received ${show(name)}, expected ${expected}`);
      }
      ctx.set('Cache-Control', cacheControl);
      send(ctx, asset, path.extname(name));
    },
  };
}

/**
 * Answers with a file, compressed in the best way that the caller takes, or with 304 when the caller has it.
 * @param extension says its type: `.js`
 */
export function send(ctx: RequestContext, { etag, body, compressed = {} }: Asset, extension: string): void {
  ctx.type = extension;
  const available = ENCODINGS.filter((encoding) => compressed[encoding] !== undefined);
  // One by one, because of several that it takes alike a browser names gzip first.
  const encoding = available.find((encoding) => ctx.acceptsEncodings(encoding) === encoding);
  if (available.length > 0) ctx.vary('Accept-Encoding');
  ctx.status = 200;
  if (etag !== undefined) {
    ctx.etag = encoding === undefined ? etag : `${etag}-${encoding}`;
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
  }
  if (encoding !== undefined) ctx.set('Content-Encoding', encoding);
  ctx.body = encoding === undefined ? body() : compressed[encoding];
  ctx.type = extension;
}
