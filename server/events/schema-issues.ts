import type { ErrorObject } from 'ajv';
import type { Issue } from '../common/errors.ts';
import { received } from './json/received.ts';

/** The most findings about one event; a person needs no more to see what is wrong. */
export const MAX_ISSUES = 10;

const MAX_PATH_CHARACTERS = 256;

/**
 * What Ajv found (with `verbose`), as paths and sentences.
 * @param root the path of the value that was validated, such as `data`; empty for the event itself
 */
export function issuesOf(errors: readonly ErrorObject[], root: string): Issue[] {
  return errors.slice(0, MAX_ISSUES).map((error) => {
    const missing = textOf(error.params['missingProperty']);
    const extra = textOf(error.params['additionalProperty'] ?? error.params['unevaluatedProperty']);
    const path = pathOf(root, error.instancePath, missing ?? extra);
    if (missing !== undefined) return { path, message: `received nothing, expected ${wanted(error, missing)}` };
    if (extra !== undefined) return { path, message: 'received a member that the schema does not allow here' };
    return { path, message: `received ${received(error.data)}, expected ${expectation(error)}` };
  });
}

/** A JSON pointer such as `/venue/lon` as `data.venue.lon`. */
function pathOf(root: string, pointer: string, member: string | undefined): string {
  const steps = pointer.split('/').slice(1).map(unescapeStep);
  const path = [...(root === '' ? [] : [root]), ...steps, ...(member === undefined ? [] : [member])].join('.');
  return path.length <= MAX_PATH_CHARACTERS ? path : `${path.slice(0, MAX_PATH_CHARACTERS)}…`;
}

function unescapeStep(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** What the schema says about a member that is missing, when it says so plainly. */
function wanted(error: ErrorObject, missing: string): string {
  const properties: unknown = error.parentSchema?.['properties'];
  const schema = memberOf(properties, missing);
  const type = memberOf(schema, 'type');
  return typeof type === 'string' ? (TYPES[type] ?? type) : 'a value';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'an array',
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'null',
};

/** What follows "expected". Ajv's own words ("must be …") stand in for keywords that are not listed. */
function expectation({ keyword, schema, message = 'another value' }: ErrorObject): string {
  const limit = typeof schema === 'string' ? schema : JSON.stringify(schema);
  switch (keyword) {
    case 'type':
      return [schema]
        .flat()
        .map((type) => TYPES[String(type)] ?? String(type))
        .join(' or ');
    case 'minLength':
      return limit === '1' ? 'a string that is not empty' : `at least ${limit} characters`;
    case 'maxLength':
      return `at most ${limit} characters`;
    case 'minimum':
      return `at least ${limit}`;
    case 'maximum':
      return `at most ${limit}`;
    case 'enum':
      return `one of ${(Array.isArray(schema) ? schema : []).slice(0, 20).map(received).join(', ')}`;
    case 'const':
      return received(schema);
    case 'format':
      return `the format ${limit}`;
    case 'pattern':
      return `a string that matches ${limit}`;
    default:
      return message.replace(/^must (be )?/, '');
  }
}
