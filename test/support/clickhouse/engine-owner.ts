import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runningEngine } from '../../../clickhouse/embedded/embedded.ts';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';

/** Another process that owns an engine. */
export interface EngineOwner {
  readonly pid: number;
  readonly enginePid: number;
  readonly endpoint: ClickHouseEndpoint;
  /** With SIGKILL; the process is gone after. */
  kill(): Promise<void>;
}

/** Starts it and waits until its engine answers. */
export async function startEngineOwner(directory: string): Promise<EngineOwner> {
  const here = fileURLToPath(import.meta.url);
  const program = path.join(path.dirname(here), `engine-owner-process${path.extname(here)}`);
  const child = spawn(process.execPath, [program, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line]: unknown[] = await once(createInterface(child.stdout), 'line');
  const { enginePid } = JSON.parse(String(line)) as { enginePid: number };
  const endpoint = await runningEngine(directory);
  if (endpoint === undefined || child.pid === undefined) throw new Error('the owner has no engine');
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  };
  return { pid: child.pid, enginePid, endpoint, kill };
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
