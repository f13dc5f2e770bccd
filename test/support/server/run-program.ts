import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { endpointEnv } from '../../../bench/servers/endpoint-env.ts';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import { testEndpoint } from '../clickhouse/clickhouse.ts';
import { programFile } from '../../../server/common/project-root.ts';

export interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a compiled program of this project, as `npm run` does, against the ClickHouse of the tests unless it is given another.
 * @param program a path below .build, such as `server/cli/migrate.js`
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly database: string; readonly stdin?: string; readonly endpoint?: ClickHouseEndpoint },
): Promise<Run> {
  const child = startProgram(program, args, options.database, options.endpoint);
  child.stdin.end(options.stdin ?? '');
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { exitCode, stdout, stderr };
}

/** The same, but left running; whoever starts it ends it. */
export function startProgram(
  program: string,
  args: readonly string[],
  database: string,
  endpoint: ClickHouseEndpoint = testEndpoint(),
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [programFile(program), ...args], {
    env: { ...process.env, ...connection(endpoint, database) },
  });
}

function connection(endpoint: ClickHouseEndpoint, database: string): NodeJS.ProcessEnv {
  return {
    ...endpointEnv(endpoint),
    CLICKHOUSE_DATABASE: database,
  };
}
