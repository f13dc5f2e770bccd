import { existsSync } from 'node:fs';
import path from 'node:path';
import { Type } from 'typebox';
import { AppError } from '../../common/errors.ts';
import { projectRoot } from '../../common/project-root.ts';
import { problem } from '../operation/answers.ts';
import type { Operation } from '../operation/operation.ts';
import { readAsset, send } from './assets.ts';

/** Where `scripts/build-snippet.mjs` puts the script. */
const DIRECTORY = path.join(projectRoot, '.build/snippet');
/** Pages everywhere name it, so its name stays, and a new one is there within the hour. */
const CACHE_CONTROL = 'public, max-age=3600';

const FILES = [
  ['clickhour.js', 'text/javascript', 'The script that sends the events of a page'],
  ['clickhour.js.map', 'application/json', 'Its source map'],
  ['clickhour.d.ts', 'text/plain', 'Its types, for TypeScript'],
] as const;

/** The script for pages that have no client of their own; anyone may have it. */
export function snippetOperations(): readonly Operation[] {
  return FILES.map(([name, mediaType, summary]) => {
    const file = path.join(DIRECTORY, name);
    const asset = existsSync(`${file}.br`) ? readAsset(file) : undefined;
    return {
      method: 'get',
      path: `/${name}`,
      tag: 'Pages',
      summary,
      access: 'open',
      answers: {
        200: { description: 'The file', content: { [mediaType]: Type.String() } },
        304: { description: 'The file is the one that the caller has' },
        404: problem('The script is not built'),
      },
      handle: (ctx) => {
        if (asset === undefined) throw new AppError('not_found', 'the script is not built; npm run build does it');
        ctx.set('Cache-Control', CACHE_CONTROL);
        send(ctx, asset, mediaType);
      },
    } satisfies Operation;
  });
}
