import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { invalid, messageOf, show, type AppError } from './common/errors.ts';
import { MAX_NAME_CHARACTERS } from './events/event.ts';
import { isLongerThan } from './events/query-parameters.ts';
import { compilePayloadSchemas, type PayloadCheck, type PayloadSchema } from './events/payload-schemas.ts';

interface SchemaFile extends PayloadSchema {
  readonly file: string;
}

const EXTENSION = '.json';

/**
 * Reads and compiles every `<category>/<name>.json` of a directory. What a file name cannot hold, such as `/`, is
 * percent-encoded in it. Names that begin with a dot are left alone.
 * @throws AppError `invalid` that names the file that is no schema, or that cannot be one by its name, and says why
 */
export async function loadPayloadSchemas(directory: string): Promise<PayloadCheck> {
  const schemas: SchemaFile[] = [];
  for (const category of await entries(directory)) {
    const folder = path.join(directory, category);
    if (!(await stat(folder)).isDirectory()) {
      throw broken(folder, 'received a file, expected a folder named like a category');
    }
    for (const file of await entries(folder)) schemas.push(await readSchema(folder, file));
  }
  return compilePayloadSchemas(schemas, (schema, reason) => {
    const file = schemas.find((each) => each === schema)?.file ?? '';
    throw broken(file, `received what is no JSON Schema (draft 2020-12) for this service: ${reason}`);
  });
}

async function entries(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    throw broken(directory, `expected a folder that can be read: ${messageOf(error)}`);
  }
}

async function readSchema(folder: string, base: string): Promise<SchemaFile> {
  const file = path.join(folder, base);
  if (!base.endsWith(EXTENSION) || !(await stat(file)).isFile()) {
    throw broken(file, `expected a file named like an event, ended by ${EXTENSION}`);
  }
  const category = nameOf(path.basename(folder), file);
  const name = nameOf(base.slice(0, -EXTENSION.length), file);
  try {
    const schema: unknown = JSON.parse(await readFile(file, 'utf8'));
    return { category, name, schema, file };
  } catch (error) {
    throw broken(file, `expected JSON: ${messageOf(error)}`);
  }
}

function nameOf(encoded: string, file: string): string {
  let name: string;
  try {
    name = decodeURIComponent(encoded);
  } catch {
    throw broken(file, `received ${show(encoded)}, expected percent signs only as in %2F, and %25 for one`);
  }
  if (name !== '' && !isLongerThan(name, MAX_NAME_CHARACTERS)) return name;
  throw broken(file, `received ${show(name)}, expected a name of 1 to ${MAX_NAME_CHARACTERS} characters`);
}

function broken(file: string, reason: string): AppError {
  return invalid([{ path: 'SCHEMAS_DIR', message: `${file}: ${reason}` }]);
}
