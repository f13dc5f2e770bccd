import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Type } from 'typebox';
import { AppError, show } from '../errors.ts';
import { problem } from './answers.ts';
import { openApiDocument } from './openapi.ts';
import type { Operation } from './operation.ts';
import { page } from './page.ts';

const TAG = 'Documentation';

/** The OpenAPI document of some operations and of these, and the page that shows it. */
export function documentationOperations(others: readonly Operation[]): readonly Operation[] {
  let document = '';
  const own = [openApi(() => document), docs(), asset()];
  document = JSON.stringify(openApiDocument([...others, ...own]));
  return own;
}

function openApi(document: () => string): Operation {
  const content = { 'application/json': Type.Object({ openapi: Type.String() }) };
  return {
    method: 'get',
    path: '/openapi.json',
    tag: TAG,
    summary: 'This document',
    access: 'open',
    answers: { 200: { description: 'OpenAPI 3.1', content } },
    handle: (ctx) => {
      ctx.type = 'application/json';
      ctx.body = document();
    },
  };
}

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>clickhour API</title>
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

// Without validatorUrl: null, the document would be sent to a validator on another host.
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });
`;

function docs(): Operation {
  return {
    method: 'get',
    path: '/docs',
    tag: TAG,
    summary: 'This document as a page',
    access: 'open',
    answers: { 200: { description: 'The page', content: { 'text/html': Type.String() } } },
    // Swagger UI sets styles in attributes.
    handle: page((ctx) => {
      ctx.type = 'text/html';
      ctx.body = PAGE;
    }, 'inline'),
  };
}

const SWAGGER_UI = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

const ASSETS: ReadonlyMap<string, () => unknown> = new Map<string, () => unknown>([
  ['start.js', () => START],
  ...['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'].map(
    (name) => [name, () => createReadStream(path.join(SWAGGER_UI, name))] as const,
  ),
]);

function asset(): Operation {
  const Binary = Type.String({ format: 'binary' });
  return {
    method: 'get',
    path: '/docs/:asset',
    tag: TAG,
    summary: 'What the page consists of',
    access: 'open',
    pathParameters: Type.Object({
      asset: Type.Enum([...ASSETS.keys()], { description: 'a file that the page names' }),
    }),
    answers: {
      200: {
        description: 'The file',
        content: { 'text/javascript': Binary, 'text/css': Binary, 'image/png': Binary },
      },
      404: problem('There is no such file'),
    },
    handle: (ctx) => {
      const { asset = '' } = ctx['params'];
      const open = ASSETS.get(asset);
      if (open === undefined) {
        throw new AppError(
          'not_found',
          `received ${show(asset)}, expected one of ${[...ASSETS.keys()].join(', ')}`,
        );
      }
      ctx.type = path.extname(asset);
      ctx.set('Cache-Control', 'public, max-age=3600');
      ctx.body = open();
    },
  };
}
