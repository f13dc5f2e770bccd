import { isDeepStrictEqual } from 'node:util';

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * Collects the schemas that a document names: each schema with an `$id` is moved to the document's components, and is a
 * reference wherever it stood. One name is one schema.
 */
export class Components {
  readonly schemas: Record<string, Json> = {};

  /** A schema as the document writes it. */
  schema(schema: object): Json {
    const { $id, ...rest } = schema as { readonly $id?: unknown };
    const written = this.#object(rest);
    if (typeof $id !== 'string') return written;
    const known = this.schemas[$id];
    if (known !== undefined && !isDeepStrictEqual(known, written)) {
      throw new Error(`received two schemas with the $id ${$id}, expected one`);
    }
    this.schemas[$id] = written;
    return { $ref: `#/components/schemas/${$id}` };
  }

  #object(object: object): Json {
    return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, this.#value(value)]));
  }

  #value(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item: unknown) => this.#value(item));
    return typeof value === 'object' && value !== null ? this.schema(value) : value;
  }
}
