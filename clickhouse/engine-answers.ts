import type { EngineFiles } from './engine-files.ts';
import type { EnginePorts } from './free-ports.ts';

const ANSWER_TIMEOUT_MS = 2000;

/** Whether the engine of exactly this directory answers there: the port may belong to somebody else by now. */
export async function engineAnswers(files: EngineFiles, ports: EnginePorts): Promise<boolean> {
  const url = new URL(engineUrl(ports));
  url.searchParams.set('query', "SELECT value FROM system.server_settings WHERE name = 'path' FORMAT TSVRaw");
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    return (await response.text()).trim() === files.data;
  } catch {
    return false;
  }
}

export function engineUrl(ports: EnginePorts): string {
  return `http://127.0.0.1:${ports.http}`;
}
