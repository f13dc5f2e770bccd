import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Type } from 'typebox';
import { AppError } from '../../common/errors.ts';
import { problem } from '../operation/answers.ts';
import { assetsOperation, readAsset, send, type Asset } from './assets.ts';
import type { Operation } from '../operation/operation.ts';
import { page } from './page.ts';
import { projectRoot } from '../../common/project-root.ts';

const TAG = 'Dashboard';
/** Where `scripts/build-dashboard.mjs` puts the page, beside the compiled server. */
const DIRECTORY = path.join(projectRoot, '.build/page');
const PAGE = 'index.html';
const MEDIA_TYPES = ['text/javascript', 'text/css', 'image/svg+xml'];

/** The page for people, and its files. Anyone may have it: what it shows, it asks for with the reader's key. */
export function dashboardOperations(): readonly Operation[] {
  const { [PAGE]: index, ...assets } = builtFiles();
  return [
    dashboard(index),
    assetsOperation({
      path: '/assets/:asset',
      tag: TAG,
      // Their names change with their content.
      cacheControl: 'public, max-age=31536000, immutable',
      assets: new Map(Object.entries(assets)),
      mediaTypes: MEDIA_TYPES,
    }),
  ];
}

function dashboard(index: Asset | undefined): Operation {
  return {
    method: 'get',
    path: '/',
    tag: TAG,
    summary: 'The dashboard',
    access: 'open',
    answers: {
      200: { description: 'The page', content: { 'text/html': Type.String() } },
      304: { description: 'The page is the one that the caller has' },
      404: problem('The dashboard is not built'),
    },
    handle: page((ctx) => {
      if (index === undefined) {
        throw new AppError('not_found', 'the dashboard is not built; npm run build does it');
      }
      ctx.set('Cache-Control', 'no-cache');
      send(ctx, index, '.html');
    }),
  };
}

/**
 * The files of the page by name. They are read once, at the start: together they are smaller than one request's body
 * may be, and a build while the service runs does not take them away.
 */
function builtFiles(): Readonly<Record<string, Asset>> {
  const isBuilt = existsSync(path.join(DIRECTORY, PAGE));
  const names = isBuilt ? readdirSync(DIRECTORY).filter((name) => /\.(html|js|css|svg)$/.test(name)) : [];
  return Object.fromEntries(names.map((name) => [name, readAsset(path.join(DIRECTORY, name))]));
}
