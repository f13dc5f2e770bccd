import { readFile } from 'node:fs/promises';
import { ROLES } from '../../server/clickhouse/endpoint.ts';
import { AppError, messageOf, isCode } from '../../server/common/errors.ts';
import { jsonOf } from '../../server/common/json.ts';
import { writeAtOnce, type EngineFiles } from './engine-files.ts';
import { newPasswords, type EnginePasswords } from './engine-users.ts';

/**
 * undefined when there are none, or the file does not hold what it should.
 * @throws AppError `unavailable` when this user may not read it
 */
export async function readPasswords(files: EngineFiles): Promise<EnginePasswords | undefined> {
  const text = await readFile(files.passwords, 'utf8').catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return '';
    const expected = 'to be run by the user who runs the service on this DATA_DIR';
    throw new AppError('unavailable', `received ${messageOf(error)}, expected ${expected}`, { cause: error });
  });
  const passwords = jsonOf(text);
  return arePasswords(passwords) ? passwords : undefined;
}

/** Those of this directory; `fresh` ones when it has none yet. For the one process that may run an engine on it. */
export async function keepPasswords(files: EngineFiles, fresh = newPasswords()): Promise<EnginePasswords> {
  const present = await readPasswords(files);
  if (present !== undefined) return present;
  await writeAtOnce(files.passwords, `${JSON.stringify(fresh, null, 2)}\n`);
  return fresh;
}

function arePasswords(value: unknown): value is EnginePasswords {
  if (typeof value !== 'object' || value === null) return false;
  const passwords = value as Readonly<Record<string, unknown>>;
  return ROLES.every((role) => typeof passwords[role] === 'string' && passwords[role] !== '');
}
