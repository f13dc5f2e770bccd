import type { TObject } from 'typebox';
import { programVersion } from '../../common/project-root.ts';
import { problem, tryLater } from '../operation/answers.ts';
import { Components, type Json } from './components.ts';
import type { Answer, Content, Operation } from '../operation/operation.ts';
import { isStrict } from '../operation/strict-query.ts';
import { roleFor } from '../middleware/access.ts';

const DESCRIPTION = `Event analytics with exact counts.

Every answer has an \`X-Request-Id\`, the request's own if it brought one. Errors are problems (RFC 9457) that say what
came and what was expected. Keys are needed only once the operator has configured keys or trusted networks; a trusted
network may write without one. A key may be limited to the events of its own application; then every answer is as if
there were no others. A GET with an unknown parameter gets 400; a POST ignores unknown parameters.`;

/** What any operation answers that takes input, and any that needs a role; added to its own answers. */
const INVALID = problem('The request is not valid');
const UNAUTHORIZED: Answer = {
  ...problem('No valid key came with the request'),
  headers: { 'WWW-Authenticate': 'How to authenticate' },
};
const FORBIDDEN = problem('The key does not have the role, or reads no more than its own events');
const RATE_LIMITED = tryLater(
  'The key, or without one the address, has used up its rate',
  'Seconds after which its rate allows it',
);

/** The OpenAPI 3.1 document of some operations, for `JSON.stringify`: it leaves out what is undefined. */
export function openApiDocument(operations: readonly Operation[]): Json {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method]: describe(operation, components) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'clickhour',
      version: programVersion,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key' },
        basic: { type: 'http', scheme: 'basic', description: 'An API key as the user name' },
      },
    },
  };
}

function describe(operation: Operation, components: Components): Json {
  const { method, path, tag, summary, description, access, query, pathParameters, headers, body } = operation;
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    description,
    // Open to anyone: an empty list, and not none, which would mean that nothing is known.
    security: access === 'open' ? [] : [{ bearer: [roleFor(access)] }, { basic: [roleFor(access)] }],
    parameters: [
      ...parameters('path', pathParameters, components),
      ...parameters('query', query, components),
      ...parameters('header', headers, components),
    ],
    requestBody: body && {
      description: body.description,
      required: true,
      content: contentOf(body.content, components),
    },
    responses: responsesOf(operation, components),
  };
}

/** `GET /analytics/hours` is `getAnalyticsHours`. */
function operationId(method: string, path: string): string {
  const words = path.split(/\W|_/).filter((word) => word !== '');
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function parameters(where: 'path' | 'query' | 'header', schema: TObject | undefined, components: Components): Json[] {
  if (schema === undefined) return [];
  const required: readonly string[] = schema.required ?? [];
  return Object.entries(schema.properties).map(([name, property]) => {
    const { description, ...rest } = components.schema(property);
    return {
      name,
      in: where,
      description,
      // One with a default may be left out, though a handler always has it.
      required: required.includes(name) && !('default' in property),
      schema: rest,
    };
  });
}

function responsesOf(operation: Operation, components: Components): Json {
  const { access, query, pathParameters, body, answers } = operation;
  const takesInput = isStrict(operation) || query !== undefined || pathParameters !== undefined || body !== undefined;
  const all: Readonly<Record<number, Answer>> = {
    ...(takesInput ? { 400: INVALID } : {}),
    ...(access === 'open' ? {} : { 401: UNAUTHORIZED, 403: FORBIDDEN, 429: RATE_LIMITED }),
    ...answers,
  };
  return Object.fromEntries(
    Object.entries(all).map(([status, { description, content, headers }]) => [
      status,
      {
        description,
        headers: headers && headersOf(headers),
        content: content && contentOf(content, components),
      },
    ]),
  );
}

function headersOf(headers: Readonly<Record<string, string>>): Json {
  const schema = { type: 'string' };
  return Object.fromEntries(Object.entries(headers).map(([name, description]) => [name, { description, schema }]));
}

function contentOf(content: Content, components: Components): Json {
  return Object.fromEntries(
    Object.entries(content).map(([mediaType, schema]) => [mediaType, { schema: components.schema(schema) }]),
  );
}
