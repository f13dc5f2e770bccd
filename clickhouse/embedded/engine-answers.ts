import { once } from 'node:events';
import { get, IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { EngineFiles } from './engine-files.ts';
import { readPasswords } from './passwords.ts';
import type { EnginePorts } from './free-ports.ts';

const ANSWER_TIMEOUT_MS = 2000;

/** Whether the engine of exactly this directory answers there: the port may belong to somebody else by now. */
export async function engineAnswers(files: EngineFiles, ports: EnginePorts): Promise<boolean> {
  const url = new URL(engineUrl(ports));
  url.searchParams.set('query', "SELECT value FROM system.server_settings WHERE name = 'path' FORMAT TSVRaw");
  try {
    const passwords = await readPasswords(files);
    if (passwords === undefined) return false;
    const headers = { 'X-ClickHouse-User': 'admin', 'X-ClickHouse-Key': passwords.admin };
    return (await textOf(url, headers)).trim() === files.data;
  } catch {
    return false;
  }
}

export function engineUrl(ports: EnginePorts): string {
  return `http://127.0.0.1:${ports.http}`;
}

/** Not fetch, which would keep the connection: an engine that is to end waits for idle connections. */
async function textOf(url: URL, headers: Readonly<Record<string, string>>): Promise<string> {
  const request = get(url, { headers, agent: false, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  const [response]: unknown[] = await once(request, 'response');
  if (!(response instanceof IncomingMessage)) throw new Error('no response');
  return text(response);
}
