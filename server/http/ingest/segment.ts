import type { IncomingHttpHeaders } from 'node:http';
import { Type } from 'typebox';
import { SEGMENT } from '../../events/dialects/segment.ts';
import type { Operation } from '../operation/operation.ts';
import type { Dialect, DialectPath } from './dialect.ts';

const TAG = 'Segment';
const TYPES = ['track', 'page', 'screen', 'identify', 'group', 'alias'] as const;

const PATHS: readonly DialectPath[] = [
  // That for Ruby sends to `/import`.
  ...['/v1/batch', '/v1/b', '/b', '/v1/import', '/beacon/v1/batch'].map((path) => ({
    path,
    summary: 'Record messages of any type',
  })),
  ...TYPES.flatMap((type) =>
    // The short forms are those of analytics-next, whose `apiHost` may be given without a path.
    [`/v1/${type}`, `/v1/${type.charAt(0)}`, `/${type.charAt(0)}`].map((path) => ({
      path,
      summary: `Record a message of the type ${type}`,
      given: { type },
    })),
  ),
];

const Any = Type.Object({}, { additionalProperties: true });

/** What Segment's and RudderStack's clients in a page ask before they send: there is nothing here that they could load. */
const SETTINGS: Operation = {
  method: 'get',
  path: '/v1/projects/:key/settings',
  tag: TAG,
  summary: 'The settings of analytics-next: to send everything here',
  access: 'open',
  pathParameters: Type.Object({ key: Type.String({ description: 'a key' }) }),
  answers: { 200: { description: 'No integrations but this service', content: { 'application/json': Any } } },
  handle: (ctx) => {
    const { key: apiKey } = ctx['params'];
    const protocol = protocolFor(ctx.req.headers);
    const integration = { apiKey, apiHost: `${ctx.host}/v1`, protocol, addBundledMetadata: true };
    ctx.vary(['Origin', 'Referer', 'X-Forwarded-Proto']);
    ctx.body = {
      integrations: { 'Segment.io': integration },
      plan: { track: { __default: { enabled: true } }, identify: { __default: { enabled: true } } },
      edgeFunction: {},
      enabledMiddleware: {},
      remotePlugins: [],
      // By default it reports each call to Segment itself.
      metrics: { sampleRate: 0 },
    };
  },
};

/**
 * How a page reaches this server, which itself knows HTTP alone: a browser lets no page of HTTPS send to `http:`. What
 * the headers say is good enough, because nobody but who sends them gets the answer.
 */
function protocolFor({ origin, referer, 'x-forwarded-proto': forwarded }: IncomingHttpHeaders): 'http' | 'https' {
  const isSecure = /^https:/i.test(origin ?? referer ?? '') || /^https\b/i.test(String(forwarded));
  return isSecure ? 'https' : 'http';
}

const SOURCE_CONFIG: Operation = {
  method: 'get',
  path: '/sourceConfig',
  tag: TAG,
  summary: 'The settings of RudderStack: no destinations but this service',
  access: 'open',
  query: Type.Object({ writeKey: Type.Optional(Type.String({ description: 'the key' })) }),
  answers: { 200: { description: 'A source without destinations', content: { 'application/json': Any } } },
  handle: (ctx) => {
    ctx.body = {
      source: { id: 'clickhour', name: 'clickhour', enabled: true, config: {}, destinations: [] },
    };
  },
};

/**
 * Segment's HTTP API, which RudderStack's clients speak too. They drop a batch for any 4xx but a few, and do not count
 * a 429 that says when to come back against their tries.
 */
export const SEGMENT_DIALECT: Dialect = {
  name: 'segment',
  tag: TAG,
  paths: PATHS,
  mapping: SEGMENT,
  keys: { query: ['writeKey'], body: ['writeKey'] },
  success: { success: true },
  pressure: 429,
  others: [SETTINGS, SOURCE_CONFIG],
};
