import { createRequire } from 'node:module';
import { AppError } from '../../server/common/errors.ts';

/** Which npm package carries the ClickHouse library, by `process.platform` and `process.arch`. */
const PLATFORM_PACKAGES: Readonly<Record<string, string>> = {
  'darwin-arm64': '@chdb/lib-darwin-arm64',
  'darwin-x64': '@chdb/lib-darwin-x64',
  'linux-arm64': '@chdb/lib-linux-arm64-gnu',
  'linux-x64': '@chdb/lib-linux-x64-gnu',
};

/** As `require.resolve`: the file a package name stands for, or an error. */
export type Resolve = (name: string, from?: string) => string;

/**
 * Finds the optional packages of the embedded engine without loading them: only the child process ever loads them.
 * @throws AppError `unavailable` that says what to do on a machine without them
 */
export function requireEnginePackages(resolve: Resolve = resolveInstalled): void {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const chdb = resolve('chdb/package.json');
    resolve('ffi-rs');
    resolve(`${PLATFORM_PACKAGES[platform] ?? `@chdb/lib-${platform}`}/package.json`, chdb);
  } catch (cause) {
    throw noEngine(platform, cause);
  }
}

/** The one sentence for a machine on which the embedded engine cannot run. */
export function noEngine(platform: string, cause: unknown): AppError {
  const message =
    `The embedded ClickHouse is not available here (${platform}, Node.js ${process.version}): ` +
    'its optional npm packages chdb and ffi-rs are not installed or do not support this platform; ' +
    'set CLICKHOUSE_URL=http://HOST:8123 to use a ClickHouse server instead.';
  return new AppError('unavailable', message, { cause });
}

function resolveInstalled(name: string, from: string = import.meta.url): string {
  return createRequire(from).resolve(name);
}
