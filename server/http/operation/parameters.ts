import { parse } from 'node:querystring';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { Type, type Static, type TObject } from 'typebox';
import { invalid, show, type Issue } from '../../common/errors.ts';
import { timeUs, type Query } from '../../events/query-parameters.ts';
import type { RequestContext } from './context.ts';

// Schemas of the service's own are not checked: that takes long at each start.
const ajv = new Ajv2020({ validateSchema: false, allErrors: true, useDefaults: true, verbose: true });
ajv.addFormat('time-or-ms', (text: string) => !Number.isNaN(timeUs(text)));

/** A time in a query; `timeUs` of events/query-parameters.ts reads it. */
export const Time = Type.String({
  format: 'time-or-ms',
  description: 'ISO 8601 or milliseconds since the epoch, from 1970 to 2099',
  examples: ['2024-02-29T23:00:00Z', '1709247600000'],
});

/** All of them: Node stops at 1,000 unless told otherwise, and what is behind would be ignored. */
const EVERY_PAIR = { maxKeys: 0 };

/** The query's parameters as they came, parsed once a request. Node's own parser takes a third of the time of Koa's. */
export function queryOf({ querystring, state }: Pick<RequestContext, 'querystring' | 'state'>): Query {
  return (state.query ??= parse(querystring, '&', '=', EVERY_PAIR));
}

/**
 * The parameters of the path, decoded by the router, which leaves those as they are that cannot be.
 * @throws AppError `invalid` when the path is not percent-encoded UTF-8
 */
export function pathOf(ctx: { readonly path: string; readonly params?: Query }): Query {
  expectEncoded('path', ctx.path);
  return ctx.params ?? {};
}

/** @throws AppError `invalid` when a part of the target of a request is not percent-encoded UTF-8 */
export function expectEncoded(part: 'path' | 'query', text: string): void {
  try {
    decodeURIComponent(text);
  } catch {
    throw invalid([{ path: part, message: `received ${show(text)}, expected percent-encoded UTF-8` }]);
  }
}

/** Parameters as they came, without those that the schema does not know, turned into what it says. */
export type ParameterReader<S extends TObject> = (raw: Query) => Static<S>;

/**
 * Compiles a schema of parameters, once, for the first request: all of them take longer than the rest of a start. An `integer`
 * is read from digits, an `array` from a parameter given any number of times; everything else is a string given once. What follows "expected" in an error is the `description` of the
 * parameter, so write it as the end of that sentence.
 * @returns a function that throws AppError `invalid` with one issue a parameter that is wrong
 */
export function parameterReader<S extends TObject>(schema: S): ParameterReader<S> {
  let validate: ValidateFunction<Static<S>> | undefined;
  const known = Object.entries(schema.properties).map(([name, property]) => ({
    name,
    read: READERS[typeOf(property)] ?? asIs,
    limits: limitsOf(property),
  }));
  return (raw) => {
    const values: Record<string, unknown> = {};
    for (const { name, read, limits } of known) {
      const value = raw[name];
      // No schema here takes null.
      if (value !== undefined) values[name] = isOver(value, limits) ? null : read(value);
    }
    validate ??= ajv.compile<Static<S>>(schema);
    if (validate(values)) return values;
    throw invalid(issuesOf(validate.errors ?? [], raw, schema));
  };
}

type Value = string | readonly string[];

/** Of a parameter that does not say itself how long it may be: a choice, a number, a time, some paths. */
const MAX_CHARACTERS = 2048;
const MAX_VALUES = 64;

interface Limits {
  /** Of each value, in UTF-16 units. */
  readonly length: number;
  readonly values: number;
}

/** How much of a parameter is looked at: as much as may be right, so that nonsense costs no more than its length. */
function limitsOf(schema: object): Limits {
  const { maxLength, items = {}, maxItems = MAX_VALUES } = schema as Bounded;
  const characters = maxLength ?? items.maxLength ?? MAX_CHARACTERS;
  return { length: 2 * characters, values: maxItems };
}

interface Bounded {
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: { readonly maxLength?: number };
}

function isOver(value: Value, { length, values }: Limits): boolean {
  if (typeof value === 'string') return value.length > length;
  return value.length > values || value.some((each) => each.length > length);
}

const READERS: Readonly<Record<string, (value: Value) => unknown>> = {
  integer: (value) => (typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value),
  array: (value) => (typeof value === 'string' ? [value] : value),
};

function asIs(value: Value): Value {
  return value;
}

function typeOf(schema: object): string {
  return 'type' in schema && typeof schema.type === 'string' ? schema.type : '';
}

function issuesOf(errors: readonly ErrorObject[], raw: Query, { properties }: TObject): Issue[] {
  const issues = new Map<string, Issue>();
  for (const { instancePath, params } of errors) {
    const path = instancePath === '' ? String(params['missingProperty']) : (instancePath.split('/')[1] ?? '');
    const expected = descriptionOf(properties[path]);
    issues.set(path, { path, message: `received ${show(raw[path])}, expected ${expected}` });
  }
  return [...issues.values()];
}

function descriptionOf(schema: object | undefined): string {
  return schema !== undefined && 'description' in schema ? String(schema.description) : 'another value';
}
