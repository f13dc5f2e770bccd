import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { messageOf, type Issue } from '../common/errors.ts';
import { hasMemberTwice, type DataText } from './data/shape.ts';
import { issuesOf } from './schema-issues.ts';

/** The JSON Schema (draft 2020-12) that the `data` of one kind of event must satisfy. */
export interface PayloadSchema {
  readonly category: string;
  readonly name: string;
  readonly schema: unknown;
}

/** @returns what is wrong with `data`; empty when nothing is, or when its kind of event has no schema */
export type PayloadCheck = (
  kind: { readonly category: string; readonly name: string },
  data: object,
  text: DataText,
) => readonly Issue[];

/**
 * In a larger text only the first error is looked for: the errors of a hostile one may be as many as its values, each a
 * hundred times as large.
 */
const ALL_ERRORS_UP_TO_CHARACTERS = 16 * 1024;

/** What is checked is the last of them, and what questions read is the first. */
const TWICE: Issue = {
  path: 'data',
  message: 'received a member more than once in one object, expected it once, because there is a schema',
};

interface Validators {
  readonly first: ValidateFunction;
  readonly all: ValidateFunction;
}

/**
 * Compiles schemas into the one check of all of them. Each schema stands for itself: a `$ref` leads to a part of the
 * same file, never to another host.
 * @param onBroken called with a schema that is none and why; must throw
 */
export function compilePayloadSchemas(
  schemas: readonly PayloadSchema[],
  onBroken: (schema: PayloadSchema, reason: string) => never,
): PayloadCheck {
  const compileFirst = compiler(false);
  const compileAll = compiler(true);
  const byCategory = new Map<string, Map<string, Validators>>();
  for (const schema of schemas) {
    const { category, name } = schema;
    const byName = byCategory.get(category) ?? new Map<string, Validators>();
    byCategory.set(category, byName);
    try {
      byName.set(name, { first: compileFirst(schema.schema), all: compileAll(schema.schema) });
    } catch (error) {
      onBroken(schema, messageOf(error));
    }
  }
  return ({ category, name }, data, text) => {
    const validators = byCategory.get(category)?.get(name);
    if (validators === undefined) return [];
    if (hasMemberTwice(data, text)) return [TWICE];
    const { first, all } = validators;
    if (first(data)) return [];
    if (text.text.length > ALL_ERRORS_UP_TO_CHARACTERS) return issuesOf(first.errors ?? [], 'data');
    all(data);
    return issuesOf(all.errors ?? [], 'data');
  };
}

/** Says whether schemas are schemas. One for the process: the schema of schemas takes longer to compile than any of them. */
let schemaOfSchemas: Ajv2020 | undefined;

function compiler(allErrors: boolean): (schema: unknown) => ValidateFunction {
  const ajv = new Ajv2020({
    allErrors,
    validateSchema: false,
    formats: fullFormats,
    // For messages; and `toString` is no member of every object.
    verbose: true,
    ownProperties: true,
    // A keyword that is not known is a typo. What is only unusual is not our business.
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    logger: false,
  });
  return (schema) => {
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
      throw new Error('a schema is a JSON object');
    if ('$async' in schema) throw new Error('$async is not supported');
    schemaOfSchemas ??= new Ajv2020({ logger: false });
    void schemaOfSchemas.validateSchema(schema, true);
    return ajv.compile(schema);
  };
}
