import { readFileSync } from 'node:fs';
import { messageOf, show, type Issue } from '../common/errors.ts';

/** Variables that may also come in a file, as orchestrators hand out secrets: `API_KEYS_FILE=/run/secrets/api-keys`. */
export const SECRETS = [
  'API_KEYS',
  'CLICKHOUSE_PASSWORD',
  'CLICKHOUSE_INGEST_PASSWORD',
  'CLICKHOUSE_QUERY_PASSWORD',
  'CLICKHOUSE_ANALYST_PASSWORD',
] as const;

/**
 * The environment with NAME of each `NAME_FILE`, set to what the file holds without the line end after it.
 * @param env without empty variables
 * @returns what is wrong with them, besides
 */
export function readSecretFiles(env: NodeJS.ProcessEnv): { env: NodeJS.ProcessEnv; issues: Issue[] } {
  const read = { ...env };
  const issues: Issue[] = [];
  for (const name of SECRETS) {
    const path = `${name}_FILE`;
    const file = env[path];
    if (file === undefined) continue;
    if (env[name] !== undefined) {
      issues.push({ path, message: `received ${show(file)}, expected nothing, because ${name} is set too` });
      continue;
    }
    try {
      read[name] = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      const message = `received ${show(file)}, expected a file that can be read: ${messageOf(error)}`;
      issues.push({ path, message });
    }
  }
  return { env: read, issues };
}
