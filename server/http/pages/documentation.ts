import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Type } from 'typebox';
import { assetsOperation, type Asset } from './assets.ts';
import { openApiDocument } from '../openapi/openapi.ts';
import type { Operation } from '../operation/operation.ts';
import { page } from './page.ts';

/** The OpenAPI document of some operations and of these, and the page that shows it. */
export function documentationOperations(others: readonly Operation[]): readonly Operation[] {
  const common = { method: 'get', tag: 'Documentation', access: 'open' } as const;
  let document: string | undefined;
  const own: readonly Operation[] = [
    {
      ...common,
      path: '/openapi.json',
      summary: 'This document',
      answers: {
        200: {
          description: 'OpenAPI 3.1',
          content: { 'application/json': Type.Object({ openapi: Type.String() }) },
        },
      },
      handle: (ctx) => {
        ctx.type = 'application/json';
        // Made when it is first asked for: that takes as long as opening the port does.
        ctx.body = document ??= JSON.stringify(openApiDocument([...others, ...own]));
      },
    },
    {
      ...common,
      path: '/docs',
      summary: 'This document as a page',
      answers: { 200: { description: 'The page', content: { 'text/html': Type.String() } } },
      // Swagger UI sets styles in attributes.
      handle: page((ctx) => {
        ctx.type = 'text/html';
        ctx.body = PAGE;
      }, 'inline'),
    },
    assetsOperation({
      path: '/docs/:asset',
      tag: common.tag,
      cacheControl: 'public, max-age=3600',
      assets: ASSETS,
      mediaTypes: ['text/javascript', 'text/css', 'image/png'],
    }),
  ];
  return own;
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

const SWAGGER_UI = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

const ASSETS: ReadonlyMap<string, Asset> = new Map<string, Asset>([
  ['start.js', { body: () => START }],
  ...['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'].map(
    (name) => [name, { body: () => createReadStream(path.join(SWAGGER_UI, name)) }] as const,
  ),
]);
