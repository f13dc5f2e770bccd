// Writes .build/api.d.ts, the types of the HTTP API, from the OpenAPI document of the compiled service: what the package
// gives to whoever writes a client in TypeScript. The service runs for that moment, without a ClickHouse.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const directory = await mkdtemp(path.join(tmpdir(), 'clickhour-'));
const env = { PATH: process.env.PATH, DATA_DIR: directory, PORT: '0', CLICKHOUSE_URL: 'http://127.0.0.1:9' };
const server = spawn(process.execPath, [path.join(root, '.build/server/main.js')], {
  cwd: root,
  env: { ...env, LOG_LEVEL: 'fatal' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const document = await (await fetch(`${await addressOf(server)}/openapi.json`)).json();
  await writeFile(path.join(root, '.build/api.d.ts'), typesOf(document));
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('close', resolve));
  await rm(directory, { recursive: true, force: true });
}

async function addressOf({ stdout }) {
  for await (const line of createInterface(stdout)) {
    const [, url] = /listens on (http:\S+)/.exec(line) ?? [];
    stdout.resume();
    if (url !== undefined) return url;
  }
  throw new Error('the service ended before it listened');
}

function typesOf({ info, paths, components }) {
  const schemas = Object.entries(components.schemas).map(([name, schema]) =>
    member(name, typeOf(schema), true, schema),
  );
  const operations = Object.entries(paths).flatMap(([place, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const key = `${method.toUpperCase()} ${place}`;
      return member(key, operationType(operation), true, { description: operation.summary });
    }),
  );
  return `// Made from the OpenAPI document of ${info.title} by scripts/write-api-types.mjs.

/** Named parts of requests and answers. */
export interface Schemas ${block(schemas)}

/** Each operation, by its method and path: what it takes, and what it answers by status and media type. */
export interface Operations ${block(operations)}
`;
}

function operationType({ parameters = [], requestBody, responses }) {
  const places = { query: [], path: [], header: [] };
  for (const { name, in: place, required, schema, description } of parameters)
    places[place]?.push(member(name, typeOf(schema), required === true, { description }));
  const members = Object.entries(places)
    .filter(([, found]) => found.length > 0)
    .map(([place, found]) => member(place, block(found)));
  if (requestBody !== undefined) members.push(member('body', contentType(requestBody.content)));
  const answers = Object.entries(responses).map(([status, { content, description }]) =>
    member(status, contentType(content), true, { description }),
  );
  return block([...members, member('responses', block(answers))]);
}

function contentType(content = {}) {
  const types = Object.entries(content).map(([type, { schema }]) => member(type, typeOf(schema ?? {})));
  return types.length === 0 ? 'never' : block(types);
}

/** Of what JSON Schema can say, what the document uses; anything else is `unknown`, never wrong. */
function typeOf(schema) {
  if (schema === true) return 'unknown';
  if (schema.$ref !== undefined) return `Schemas[${JSON.stringify(schema.$ref.split('/').at(-1))}]`;
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return `(${[...new Set(choices.map(typeOf))].join(' | ')})`;
  if (schema.allOf !== undefined) return `(${schema.allOf.map(typeOf).join(' & ')})`;
  if (Array.isArray(schema.type)) return `(${schema.type.map((type) => typeOf({ ...schema, type })).join(' | ')})`;
  switch (schema.type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'array':
      return `readonly (${typeOf(schema.items ?? true)})[]`;
    case 'object':
      return objectType(schema);
    default:
      return 'unknown';
  }
}

function objectType({ properties = {}, required = [], additionalProperties, patternProperties }) {
  const members = Object.entries(properties).map(([name, schema]) =>
    member(name, typeOf(schema), required.includes(name), schema),
  );
  const [others] = Object.values(patternProperties ?? {});
  const rest = others ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
  if (members.length === 0) return `Readonly<Record<string, ${rest === undefined ? 'unknown' : typeOf(rest)}>>`;
  return block(members);
}

function member(name, type, isRequired = true, { description } = {}) {
  const comment =
    description === undefined ? '' : `/** ${description.replaceAll('*/', '* /').replaceAll('\n', ' ')} */\n`;
  return `${comment}readonly ${JSON.stringify(name)}${isRequired ? '' : '?'}: ${type};`;
}

function block(members) {
  return `{\n${members.join('\n').replaceAll(/^/gm, '  ')}\n}`;
}
