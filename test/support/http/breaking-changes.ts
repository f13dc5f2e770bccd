/** Anything that JSON can hold. */
type Value = unknown;
type Members = Readonly<Record<string, Value>>;

/** An OpenAPI document, as far as it is compared. */
export interface ComparedDocument {
  readonly paths: Readonly<Record<string, Members>>;
  readonly components?: { readonly schemas?: Members };
}

/** Whether values go from the client to the service, or come back: what is narrower breaks the one, what is wider the other. */
type Direction = 'sent' | 'answered';

interface Compared {
  readonly before: ComparedDocument;
  readonly after: ComparedDocument;
}

/** Deeper than that a schema is one that contains itself. */
const MAX_DEPTH = 20;

/**
 * What a client that was written for one document cannot rely on in another: an operation, parameter, media type, status or
 * member that is gone, something that is newly required, and a type that takes less or gives more. A sentence for each.
 */
export function breakingChanges(before: ComparedDocument, after: ComparedDocument): string[] {
  const compared = { before, after };
  return Object.entries(before.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const name = `${method.toUpperCase()} ${path}`;
      const present = after.paths[path]?.[method];
      if (present === undefined) return [`${name} is gone`];
      return changesOf(compared, members(operation), members(present)).map((change) => `${name}: ${change}`);
    }),
  );
}

function changesOf(compared: Compared, before: Members, after: Members): string[] {
  return [
    ...parameterChanges(compared, before, after),
    ...bodyChanges(compared, members(before['requestBody']), members(after['requestBody'])),
    ...answerChanges(compared, members(before['responses']), members(after['responses'])),
  ];
}

function parameterChanges(compared: Compared, before: Members, after: Members): string[] {
  const [known, present] = [parametersOf(before), parametersOf(after)];
  const changed = [...known].flatMap(([name, parameter]) => {
    const now = present.get(name);
    if (now === undefined) return [`the ${name} is gone`];
    const needed = parameter['required'] !== true && now['required'] === true ? [`the ${name} is required`] : [];
    return [...needed, ...schemaChanges(compared, 'sent', `the ${name}`, parameter['schema'], now['schema'])];
  });
  const added = [...present].filter(([name, { required }]) => required === true && !known.has(name));
  return [...changed, ...added.map(([name]) => `the ${name} is required`)];
}

function parametersOf({ parameters }: Members): ReadonlyMap<string, Members> {
  const list = Array.isArray(parameters) ? parameters.map(members) : [];
  return new Map(list.map((parameter) => [`${text(parameter['in'])} parameter ${text(parameter['name'])}`, parameter]));
}

function bodyChanges(compared: Compared, before: Members, after: Members): string[] {
  const needed = before['required'] !== true && after['required'] === true ? ['a body is required'] : [];
  return [...needed, ...contentChanges(compared, 'sent', 'the body', before['content'], after['content'])];
}

function answerChanges(compared: Compared, before: Members, after: Members): string[] {
  return Object.entries(before).flatMap(([status, answer]) => {
    const now = after[status];
    // An error that is answered no more is no loss.
    if (now === undefined) return status.startsWith('2') ? [`the answer ${status} is gone`] : [];
    const [was, is] = [members(answer)['content'], members(now)['content']];
    return contentChanges(compared, 'answered', `the answer ${status}`, was, is);
  });
}

function contentChanges(
  compared: Compared,
  direction: Direction,
  where: string,
  before: Value,
  after: Value,
): string[] {
  return Object.entries(members(before)).flatMap(([type, content]) => {
    const now = members(after)[type];
    if (now === undefined) return [`${where} is not ${type} any more`];
    return schemaChanges(compared, direction, `${where} (${type})`, members(content)['schema'], members(now)['schema']);
  });
}

function schemaChanges(
  compared: Compared,
  direction: Direction,
  where: string,
  rawBefore: Value,
  rawAfter: Value,
  depth = 0,
): string[] {
  if (depth > MAX_DEPTH) return [];
  const [before, after] = [resolve(compared.before, rawBefore), resolve(compared.after, rawAfter)];
  // Of what is sent, each value that was taken must still be; of what is answered, each that comes must be known.
  const [narrow, wide] = direction === 'sent' ? [before, after] : [after, before];
  const nested = (at: string, was: Value, is: Value) =>
    schemaChanges(compared, direction, `${where}${at}`, was, is, depth + 1);
  const [properties, present] = [members(before['properties']), members(after['properties'])];
  return [
    ...(takesAll(wide, narrow) ? [] : [`${where} ${direction === 'sent' ? 'takes less' : 'has other values'}`]),
    ...requiredChanges(direction, where, before, after),
    ...Object.entries(properties).flatMap(([name, property]) => {
      const now = present[name];
      // A member that is sent and not known any more is kept or refused as the schema says of others.
      if (now === undefined) return direction === 'answered' ? [`${where}.${name} is gone`] : [];
      return nested(`.${name}`, property, now);
    }),
    ...('items' in before && 'items' in after ? nested('[]', before['items'], after['items']) : []),
  ];
}

function requiredChanges(direction: Direction, where: string, before: Members, after: Members): string[] {
  const [was, is] = [list(before['required']), list(after['required'])];
  const [lost, verb] =
    direction === 'sent'
      ? [is.filter((name) => !was.includes(name)), 'is required']
      : [was.filter((name) => !is.includes(name) && name in members(after['properties'])), 'may be missing'];
  return lost.map((name) => `${where}.${name} ${verb}`);
}

const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];
/** What cannot be said to be narrower or wider is taken for another. */
const EXACT = ['pattern', 'format', 'additionalProperties', 'patternProperties'];

/** Whether a schema takes every value of another, by their own words; of their members others judge. */
function takesAll(wide: Members, narrow: Members): boolean {
  return (
    within(typesOf(narrow), typesOf(wide)) &&
    within(valuesOf(narrow), valuesOf(wide)) &&
    LOWER.every((key) => wide[key] === undefined || Number(narrow[key] ?? -Infinity) >= Number(wide[key])) &&
    UPPER.every((key) => wide[key] === undefined || Number(narrow[key] ?? Infinity) <= Number(wide[key])) &&
    EXACT.every((key) => wide[key] === undefined || same(narrow[key], wide[key])) &&
    choicesOf(narrow).every((choice) => choicesOf(wide).some((other) => same(choice, other)))
  );
}

/** Undefined: any. */
function typesOf({ type }: Members): readonly Value[] | undefined {
  const types = Array.isArray(type) ? (type as Value[]) : type === undefined ? undefined : [type];
  return types?.includes('number') === true ? [...types, 'integer'] : types;
}

function valuesOf(schema: Members): readonly Value[] | undefined {
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? (schema['enum'] as Value[]) : undefined;
}

function within(some: readonly Value[] | undefined, all: readonly Value[] | undefined): boolean {
  return all === undefined || (some?.every((value) => all.some((other) => same(value, other))) ?? false);
}

function choicesOf({ anyOf, oneOf, $ref }: Members): readonly Value[] {
  const choices = anyOf ?? oneOf;
  return Array.isArray(choices) ? (choices as Value[]) : $ref === undefined ? [] : [$ref];
}

function resolve(document: ComparedDocument, schema: Value): Members {
  const { $ref } = members(schema);
  if (typeof $ref !== 'string') return members(schema);
  return members(document.components?.schemas?.[$ref.split('/').at(-1) ?? '']);
}

function members(value: Value): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}

function list(value: Value): readonly string[] {
  return Array.isArray(value) ? (value as string[]) : [];
}

function text(value: Value): string {
  return typeof value === 'string' ? value : '';
}

function same(one: Value, other: Value): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
