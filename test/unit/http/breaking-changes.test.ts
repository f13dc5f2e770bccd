import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { Type, type TSchema } from 'typebox';
import { openApiDocument } from '../../../server/http/openapi/openapi.ts';
import type { Operation } from '../../../server/http/operation/operation.ts';
import { operations } from '../../../server/http/routes.ts';
import { breakingChanges, type ComparedDocument } from '../../support/http/breaking-changes.ts';
import { httpDependencies } from '../../support/server/http-dependencies.ts';

const ORIGINAL: Operation = {
  method: 'get',
  path: '/things',
  tag: 'Things',
  summary: 'Things',
  access: 'open',
  query: Type.Object({
    name: Type.Optional(Type.String({ maxLength: 10 })),
    order: Type.Enum(['asc', 'desc'], { default: 'asc' }),
  }),
  answers: { 200: { description: 'Them', content: { 'application/json': Type.Object({ id: Type.String() }) } } },
  handle: () => undefined,
};
const POST: Operation = { ...ORIGINAL, method: 'post', path: '/things/new' };

function withQuery(properties: Record<string, TSchema>): Operation {
  return { ...ORIGINAL, query: Type.Object({ ...ORIGINAL.query?.properties, ...properties }) };
}

function answering(schema: TSchema, type = 'application/json'): Operation {
  return { ...ORIGINAL, answers: { 200: { description: 'Them', content: { [type]: schema } } } };
}

function taking(schema: TSchema): Operation {
  return { ...POST, body: { description: 'One', content: { 'application/json': schema } } };
}

function changes(before: Operation, ...after: readonly Operation[]): string[] {
  return breakingChanges(documentOf([before]), documentOf(after));
}

function documentOf(declared: readonly Operation[]): ComparedDocument {
  return JSON.parse(JSON.stringify(openApiDocument(declared))) as ComparedDocument;
}

describe('What breaks clients between two OpenAPI documents', () => {
  const { name: _, ...withoutName } = ORIGINAL.query?.properties ?? {};
  const id = Type.String();
  const breaking: readonly (readonly [expected: string, before: Operation, ...after: Operation[]])[] = [
    ['GET /things is gone', ORIGINAL, POST],
    ['the query parameter name is gone', ORIGINAL, { ...ORIGINAL, query: Type.Object(withoutName) }],
    ['the query parameter name is required', ORIGINAL, withQuery({ name: Type.String({ maxLength: 10 }) })],
    ['the query parameter kind is required', ORIGINAL, withQuery({ kind: Type.String() })],
    ['parameter name takes less', ORIGINAL, withQuery({ name: Type.Optional(Type.String({ maxLength: 9 })) })],
    ['parameter order takes less', ORIGINAL, withQuery({ order: Type.Enum(['asc'], { default: 'asc' }) })],
    ['(application/json).id is gone', ORIGINAL, answering(Type.Object({}))],
    ['(application/json).id has other values', ORIGINAL, answering(Type.Object({ id: Type.Integer() }))],
    ['(application/json).id may be missing', ORIGINAL, answering(Type.Object({ id: Type.Optional(id) }))],
    ['the answer 200 is not application/json any more', ORIGINAL, answering(Type.Object({ id }), 'text/plain')],
    ['the body is not application/json any more', taking(Type.Object({ id })), POST],
    ['(application/json).b is required', taking(Type.Object({})), taking(Type.Object({ b: id }))],
    [
      '(application/json).list[] takes less',
      taking(Type.Object({ list: Type.Array(Type.Union([id, Type.Null()])) })),
      taking(Type.Object({ list: Type.Array(id) })),
    ],
  ];
  for (const [expected, before, ...after] of breaking) {
    it(expected, () => {
      expect(changes(before, ...after).join('\n')).to.contain(expected);
    });
  }

  const harmless: readonly (readonly [what: string, before: Operation, ...after: Operation[]])[] = [
    ['nothing', ORIGINAL, ORIGINAL],
    ['another operation', ORIGINAL, ORIGINAL, POST],
    ['another parameter that may be left out', ORIGINAL, withQuery({ kind: Type.Optional(Type.String()) })],
    ['a parameter that takes more', ORIGINAL, withQuery({ name: Type.Optional(Type.String()) })],
    ['another member of an answer', ORIGINAL, answering(Type.Object({ id, more: id }))],
    ['a member that need not be sent any more', taking(Type.Object({ id })), taking(Type.Object({}))],
    ['other words', ORIGINAL, { ...ORIGINAL, summary: 'All things', description: 'Every one' }],
  ];
  for (const [what, before, ...after] of harmless) {
    it(`is not ${what}`, () => {
      expect(changes(before, ...after)).to.deep.equal([]);
    });
  }
});

describe('The HTTP API', () => {
  it('breaks no client of the last release unless CHANGELOG.md says so, under Changed or Removed', async () => {
    const released = JSON.parse(await read('docs/openapi-released.json')) as ComparedDocument;
    const now = documentOf(operations(httpDependencies));
    const said = changedAndRemoved(await read('CHANGELOG.md'));
    const unsaid = breakingChanges(released, now).filter(
      (change) => !said.includes(change.split(/[ :]+/)[1] ?? change),
    );
    expect(unsaid, `${said}\n(a line there must name the path of each)`).to.deep.equal([]);
  });

  it('finds what the changelog says of the next release, and only that', () => {
    const text =
      '## [Unreleased]\n\n### Added\n\n- `/a`\n\n### Removed\n\n- `/b`\n\n### Fixed\n\n- `/c`\n\n## [1.0.0]\n\n### Changed\n\n- `/d`\n';
    expect(changedAndRemoved(text))
      .to.contain('/b')
      .and.not.match(/\/[acd]/);
  });
});

async function read(file: string): Promise<string> {
  return await readFile(file, 'utf8');
}

/** What CHANGELOG.md says under these headings of what is not released yet. */
function changedAndRemoved(changelog: string): string {
  const [, unreleased = ''] = /^## \[Unreleased\]\n(.*?)(?=^## |$(?![^]))/ms.exec(changelog) ?? [];
  const sections = unreleased.split(/^### /m).slice(1);
  return sections.filter((section) => /^(Changed|Removed)\n/.test(section)).join('');
}
