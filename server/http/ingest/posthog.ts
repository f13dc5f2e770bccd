import { Type } from 'typebox';
import { POSTHOG } from '../../events/dialects/posthog.ts';
import type { RequestContext } from '../operation/context.ts';
import type { Operation } from '../operation/operation.ts';
import { gunzipped, type DecodingLimits } from './body.ts';
import type { Dialect } from './dialect.ts';

const TAG = 'PostHog';
const PATHS = ['/batch', '/e', '/i/v0/e', '/capture'];
/** A form up to the value of its field `data`. */
const FORM = /^(?:[\w-]+=[^&]{0,256}&){0,8}data=/;
const FORM_CHARACTERS = 4096;

/** That there are no flags, in the words of all versions of the question. */
const NO_FLAGS = { flags: {}, featureFlags: {}, featureFlagPayloads: {}, errorsWhileComputingFlags: false };

/** That there is nothing but capturing. */
const CONFIG = {
  supportedCompression: ['gzip', 'gzip-js', 'base64'],
  hasFeatureFlags: false,
  sessionRecording: false,
  surveys: false,
  heatmaps: false,
  siteApps: [],
};

const Any = Type.Object({}, { additionalProperties: true });

function nothing(path: string, summary: string, body: object): Operation {
  return {
    method: 'post',
    path,
    tag: TAG,
    summary,
    access: 'open',
    answers: { 200: { description: 'None', content: { 'application/json': Any } } },
    handle: (ctx) => {
      ctx.body = body;
    },
  };
}

const TOKEN = Type.Object({ token: Type.String({ description: 'a key' }) });

function config(path: string, mediaType: string, handle: (ctx: RequestContext, token: string) => void): Operation {
  return {
    method: 'get',
    path,
    tag: TAG,
    summary: 'The settings of posthog-js: to capture, and nothing else',
    access: 'open',
    pathParameters: TOKEN,
    answers: { 200: { description: 'The settings', content: { [mediaType]: Any } } },
    handle: (ctx) => {
      handle(ctx, String(ctx['params'].token));
    },
  };
}

const OTHERS: readonly Operation[] = [
  nothing('/flags', 'The flags of a user', NO_FLAGS),
  nothing('/decide', 'The flags of a user, as older clients ask', { ...CONFIG, ...NO_FLAGS }),
  config('/array/:token/config', 'application/json', (ctx) => {
    ctx.body = CONFIG;
  }),
  config('/array/:token/config.js', 'text/javascript', (ctx, token) => {
    const settings = JSON.stringify({ config: CONFIG, siteApps: [] });
    ctx.type = 'text/javascript';
    ctx.body = `(window._POSTHOG_REMOTE_CONFIG ??= {})[${JSON.stringify(token)}] = ${settings};\n`;
  }),
];

/**
 * What a body is when it is not JSON: a form with `data`, base64, or both, and below that possibly gzip again. The
 * parameter that says so is not needed to tell them apart.
 */
async function decode(body: Buffer, limits: DecodingLimits): Promise<Buffer> {
  let bytes = body;
  const [before] = FORM.exec(bytes.toString('latin1', 0, FORM_CHARACTERS)) ?? [];
  if (before !== undefined) bytes = Buffer.from(formData(bytes.toString('utf8', before.length)));
  const start = bytes.subarray(0, 64).toString().trimStart();
  // Of what is in base64 the first character is none of JSON's.
  if (start === '' || /^[{["]/.test(start)) return bytes;
  const decoded = Buffer.from(bytes.toString(), 'base64');
  if (decoded[0] === 0x1f) return await gunzipped(decoded, limits);
  return /^[{[]/.test(decoded.subarray(0, 64).toString().trimStart()) ? decoded : bytes;
}

/**
 * The field `data`, as the form has it; a plus is one of base64 that was not encoded, or a space.
 * @param form from its value on
 */
function formData(form: string): string {
  const [field = ''] = form.split('&', 1);
  try {
    const isJson = /^\s*(%7B|%5B|\{|\[)/i.test(field);
    return decodeURIComponent(isJson ? field.replaceAll('+', ' ') : field);
  } catch {
    return field;
  }
}

/**
 * PostHog's capture API. Its page client takes nothing but 200 with JSON for success, and drops what is answered with any
 * 4xx, 429 included.
 */
export const POSTHOG_DIALECT: Dialect = {
  name: 'posthog',
  tag: TAG,
  paths: PATHS.map((path) => ({ path, summary: 'Record events of PostHog clients' })),
  mapping: POSTHOG,
  keys: { query: ['api_key', 'token'], body: ['api_key', 'token', 'properties.token'] },
  decode,
  success: { status: 1 },
  pressure: 503,
  others: OTHERS,
};
