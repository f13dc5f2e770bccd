import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import type { OpenApi } from '../../support/http/documented.ts';
import { eventText } from '../../support/http/events-api.ts';
import { jsonObjectText } from '../../support/events/json-text.ts';
import { mutatedText } from './mutations.ts';

/** One input: bytes for a connection, as latin1 text. */
export interface FuzzRequest {
  readonly text: string;
  /** Whether it is a whole request as HTTP has it, to which an answer must come. */
  readonly isWhole: boolean;
  readonly isHead: boolean;
  /** `GET /events`, as the document has it. */
  readonly operation: string;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: {
    readonly type?: string;
    readonly enum?: readonly unknown[];
    readonly maximum?: number;
    readonly format?: string;
    readonly pattern?: string;
    readonly examples?: readonly unknown[];
  };
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly hasBody: boolean;
}

/** Requests to every operation of an OpenAPI document: half as it describes them or nearly so, half with bytes changed. */
export function requestArbitrary(document: OpenApi): fc.Arbitrary<FuzzRequest> {
  return fc.oneof(
    ...operationsOf(document).map((operation) => ({
      // They have more to them.
      weight: operation.method === 'post' ? 4 : 1,
      arbitrary: requestTo(operation),
    })),
  );
}

function operationsOf({ paths }: OpenApi): Operation[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => {
      const { parameters = [], requestBody } = operation as {
        parameters?: readonly Parameter[];
        requestBody?: unknown;
      };
      return { method, path, parameters, hasBody: requestBody !== undefined };
    }),
  );
}

function requestTo(operation: Operation): fc.Arbitrary<FuzzRequest> {
  const name = `${operation.method.toUpperCase()} ${operation.path}`;
  const whole = fc.record({
    method: methodOf(operation),
    target: targetOf(operation),
    headers: headers(operation.hasBody),
    body: bodyOf(operation),
    isChunked: fc.nat(9).map((n) => n === 0),
  });
  return whole.chain((request) => {
    const text = textOf(request);
    const isHead = request.method === 'HEAD';
    return fc.oneof(
      fc.constant({ text, isWhole: request.method !== 'CONNECT', isHead, operation: name }),
      mutatedText(text).map((changed) => ({ text: changed, isWhole: false, isHead, operation: name })),
    );
  });
}

function methodOf({ method }: Operation): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.constant(method.toUpperCase()) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'HEAD',
        'OPTIONS',
        'POST',
        'GET',
        'PUT',
        'PATCH',
        'DELETE',
        'TRACE',
        'CONNECT',
        'PROPFIND',
      ),
    },
  );
}

// prettier-ignore
const STRANGE_TEXTS = [
  '', '0', '-1', '1e3', '1.5', 'NaN', 'null', 'undefined', 'true', '[]', '{}', '9007199254740993', '\0', ' ', '%', '%zz',
  "'", '"', '`', '\\', "' OR 1=1 --", '{x:String}', '{{7*7}}', '../../etc/passwd', '<script>', '__proto__', 'constructor',
  '\ud83d\ude00', '\u202e', '\ufeff', 'é', '0x10', '99999999999999999999', '2024-02-30', '2024-02-29T23:00:00Z',
  'data', 'data.', 'data.a.b', 'data.a:b', 'data..a', `data${'.a'.repeat(50)}`, 'a,b,c',
];

const STRANGE = fc.oneof(
  fc.constantFrom(...STRANGE_TEXTS),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.nat(3000).map((length) => 'x'.repeat(length)),
);

/** A moment that no server takes for the future. */
const NOW_MS = 1_700_000_000_000;

function valueOf({ schema }: Parameter): fc.Arbitrary<string> {
  const fitting: fc.Arbitrary<string>[] = [
    ...(schema.enum === undefined ? [] : [fc.constantFrom(...schema.enum.map(String))]),
    ...(schema.examples === undefined ? [] : [fc.constantFrom(...schema.examples.map(String))]),
    ...(schema.type === 'integer'
      ? [fc.integer({ min: -1, max: Math.min(schema.maximum ?? 2000, NOW_MS) }).map(String)]
      : []),
    ...(schema.pattern === undefined ? [] : [fc.stringMatching(new RegExp(schema.pattern))]),
    ...(schema.format === undefined ? [] : [fc.integer({ min: 0, max: 4_200_000_000_000 }).map(String)]),
  ];
  return fc.oneof(
    { weight: 4, arbitrary: fitting.length > 0 ? fc.oneof(...fitting) : fc.constantFrom('ada', 'fuzz') },
    { weight: 1, arbitrary: STRANGE },
  );
}

/** Each parameter is given once, left out, or given more often, most of them as they should be; and sometimes one that nobody knows. */
function targetOf({ path, parameters }: Operation): fc.Arbitrary<string> {
  const given = (parameter: Parameter) =>
    fc
      .oneof(
        { weight: parameter.required ? 12 : 3, arbitrary: valueOf(parameter).map((value) => [value]) },
        { weight: parameter.required ? 1 : 8, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(valueOf(parameter), { maxLength: 3 }) },
      )
      .map((values) => values.map((value) => `${escaped(parameter.name)}=${escaped(value)}`));
  const query = fc
    .tuple(...parameters.filter((each) => each.in === 'query').map(given), fc.constantFrom([], ['x'], ['x=1'], ['=']))
    .map((pairs) => pairs.flat().join('&'));
  const filled = fc
    .tuple(...parameters.filter((each) => each.in === 'path').map(valueOf))
    .map((values) => values.reduce((all, value) => all.replace(/\{\w+\}/, () => escaped(value)), path));
  return fc.tuple(filled, query).map(([where, what]) => (what === '' ? where : `${where}?${what}`));
}

/** Half a surrogate pair has no bytes in UTF-8; here it becomes U+FFFD. */
function escaped(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  Accept: ['*/*', 'application/json', 'text/html', 'application/x-ndjson', 'text/event-stream', ';;;', 'a/b;q=x'],
  Authorization: ['Bearer x', 'Basic eDp5', 'Basic %%%', 'Bearer', 'Digest a="b"', ''],
  'Cache-Control': ['no-cache', 'max-age=0', 'x'.repeat(500)],
  'X-Request-Id': ['a', 'é', 'x'.repeat(200)],
  'X-Forwarded-For': ['1.2.3.4', '::1, x', ','.repeat(500)],
  Origin: ['https://evil.example', 'null', ''],
  Range: ['bytes=0-1', 'bytes=-', 'bytes=9999999999-'],
  'If-None-Match': ['*', '"x"'],
  'Last-Event-ID': ['1', '\xff'],
  Upgrade: ['websocket', 'h2c'],
  Cookie: ['a=b', ';'.repeat(1000)],
  'Accept-Encoding': ['gzip', 'br, gzip;q=0', '*;q=2'],
  'Content-Type': ['application/json', 'application/x-ndjson', 'text/plain', 'application/json; charset=latin1', 'x'],
  'Content-Encoding': ['gzip', 'identity', 'br', 'gzip, gzip'],
};

function headers(hasBody: boolean): fc.Arbitrary<Record<string, string>> {
  const some = fc.record(
    Object.fromEntries(Object.entries(HEADERS).map(([name, values]) => [name, fc.constantFrom(...values)])),
    { requiredKeys: [] },
  );
  // Which are taken is up to one in eight, or most requests would be refused for their headers.
  return fc
    .tuple(some, fc.array(fc.constantFrom(...Object.keys(HEADERS)), { maxLength: 2 }), fc.boolean())
    .map(([all, names, isNdjson]) => ({
      ...(hasBody ? { 'Content-Type': isNdjson ? 'application/x-ndjson' : 'application/json' } : {}),
      ...Object.fromEntries(names.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]]))),
    }));
}

function bodyOf({ hasBody }: Operation): fc.Arbitrary<Buffer> {
  const nothing = fc.constant(Buffer.alloc(0));
  if (!hasBody) return fc.oneof({ weight: 9, arbitrary: nothing }, { weight: 1, arbitrary: bytes });
  return fc.oneof(
    events.map((texts) => Buffer.from(texts.join('\n'))),
    events.map((texts) => Buffer.from(`[${texts.join(',')}]`)),
    events.map((texts) => gzipSync(texts.join('\n'))),
    events.chain((texts) => mutatedText(texts.join('\n'))).map((text) => Buffer.from(text, 'latin1')),
    bytes,
    nothing,
  );
}

const bytes = fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each));

const events = fc.array(
  jsonObjectText.map((data) => eventText({ category: 'fuzz' }).replace('"data":{}', () => `"data":${data}`)),
  { minLength: 1, maxLength: 3 },
);

function textOf({
  method,
  target,
  headers,
  body,
  isChunked,
}: {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly isChunked: boolean;
}): string {
  const content = body.toString('latin1');
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
  const chunk = content === '' ? '' : `${body.length.toString(16)}\r\n${content}\r\n`;
  const sent = isChunked ? `${chunk}0\r\n\r\n` : content;
  return `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${lines.join('')}${framing}\r\n\r\n${sent}`;
}
