import { readFile } from 'node:fs/promises';
import type { Router } from '@koa/router';
import { expect } from 'chai';
import { Type, type TSchema } from 'typebox';
import { openApiDocument } from '../../../server/http/openapi/openapi.ts';
import type { Operation } from '../../../server/http/operation/operation.ts';
import { createHttpApp, operations, type HttpDependencies } from '../../../server/http/routes.ts';
import { Documentation, type OpenApi } from '../../support/http/documented.ts';
import { httpDependencies } from '../../support/server/http-dependencies.ts';

describe('The OpenAPI document', () => {
  const declared = operations(httpDependencies);
  const document = JSON.parse(JSON.stringify(openApiDocument(declared))) as OpenApi;

  it('has the version of the program', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(openApiDocument([])).to.have.nested.property('info.version', version);
  });

  it('has every registered route, and no other', () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const registered = routersOf(httpDependencies).flatMap(({ stack }) =>
      stack.flatMap(({ methods, path }) =>
        methods
          .filter((method) => method !== 'HEAD')
          .map((method) => `${method.toLowerCase()} ${String(path).replaceAll(/:(\w+)/g, '{$1}')}`),
      ),
    );
    expect(registered).to.have.length.above(0);
    expect(documented).to.have.members(registered);
  });

  it('is OpenAPI 3.1 whose references resolve and whose schemas compile', () => {
    expect(document.openapi).to.match(/^3\.1\./);
    const documentation = new Documentation(document);
    for (const [group, entries] of Object.entries(document.components)) {
      for (const name of Object.keys(entries)) {
        if (group === 'schemas') documentation.schemaAt('components', group, name);
      }
    }
    let schemas = 0;
    walk(document.paths, ['paths'], (pointer, value) => {
      if (pointer.at(-1) === 'schema') {
        documentation.schemaAt(...pointer);
        schemas += 1;
      }
      if (pointer.at(-1) === '$ref') expect(resolve(document, String(value)), String(value)).to.be.an('object');
    });
    expect(schemas).to.be.above(10);
  });

  it('describes each parameter in words that can follow "expected", and each answer', () => {
    for (const { path, query, pathParameters, headers, answers, summary } of declared) {
      expect(summary, path).to.match(/^[A-Z].*[^.]$/);
      const properties = { ...query?.properties, ...pathParameters?.properties, ...headers?.properties };
      for (const [name, schema] of Object.entries(properties)) {
        expect(schema, `${path} ${name}`).to.have.property('description').that.does.not.match(/\.$/);
      }
      expect(Object.keys(answers), path).not.to.have.length(0);
    }
  });

  it('has the header that names a click, and of an event no more than its name as required', () => {
    const header = { name: 'Idempotency-Key', in: 'header', required: false };
    expect(document.paths['/analytics']?.['post']?.parameters).to.deep.include({
      ...header,
      description: 'one event id of 1 to 256 characters, in UTF-8; the same as event_id where that is given',
      schema: { type: 'string', minLength: 1, maxLength: 256 },
    });
    expect(document.components['schemas']?.['EventIn']).to.have.property('required').that.deep.equals(['name']);
  });

  it('asks for the role read, and no other, where the answer depends on whose events a key reads', () => {
    const scoped = declared.filter(({ access }) => access === 'scoped read');
    for (const { path, method } of scoped) {
      const documented = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method];
      expect(documented?.security, path).to.deep.equal([{ bearer: ['read'] }, { basic: ['read'] }]);
    }
  });

  it('declares in its path what it documents of its path, and each operation once', () => {
    for (const { path, pathParameters } of declared) {
      const named = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
      expect(Object.keys(pathParameters?.properties ?? {}), path).to.have.members(named);
    }
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).to.equal(ids.length);
    expect(ids).to.include('getAnalyticsHours');
  });

  it('refuses two schemas of one name', () => {
    const one = Type.String({ $id: 'Name', minLength: 1 });
    const same = Type.String({ $id: 'Name', minLength: 1 });
    const other = Type.String({ $id: 'Name', minLength: 2 });
    openApiDocument([answering('/a', one), answering('/b', same)]);
    expect(() => openApiDocument([answering('/a', one), answering('/b', other)])).to.throw(
      'received two schemas with the $id Name, expected one',
    );
  });
});

function answering(path: string, schema: TSchema): Operation {
  return {
    method: 'get',
    path,
    tag: 'Test',
    summary: 'Answers',
    access: 'open',
    answers: { 200: { description: 'It', content: { 'application/json': schema } } },
    handle: () => undefined,
  };
}

function routersOf(dependencies: HttpDependencies): Router[] {
  return createHttpApp(dependencies).middleware.flatMap((middleware) =>
    'router' in middleware ? [middleware.router as Router] : [],
  );
}

type Visit = (pointer: readonly string[], value: unknown) => void;

function walk(value: unknown, pointer: readonly string[], visit: Visit): void {
  visit(pointer, value);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) walk(inner, [...pointer, name], visit);
}

function resolve(document: object, reference: string): unknown {
  const names = reference.replace(/^#\//, '').split('/');
  return names.reduce<unknown>(
    (value, name) => Object.entries(value ?? {}).find(([key]) => key === name)?.[1],
    document,
  );
}
