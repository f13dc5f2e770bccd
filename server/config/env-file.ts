import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { AppError, messageOf, isCode } from '../common/errors.ts';

/**
 * The variables of an `.env` file, none when it is not there.
 * @throws AppError `invalid` when it is there and cannot be read
 */
export function readEnvFile(file: string): NodeJS.ProcessEnv {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    if (isCode(error, 'ENOENT')) return {};
    throw new AppError('invalid', `${file}: expected a file that can be read: ${messageOf(error)}`, { cause: error });
  }
}
