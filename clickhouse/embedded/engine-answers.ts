import { once } from 'node:events';
import { get, IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { EngineFiles } from './engine-files.ts';
import { readPasswords } from './passwords.ts';
import type { EnginePorts } from './free-ports.ts';

const ANSWER_TIMEOUT_MS = 2000;

/** Whether the engine of exactly this directory answers there: the port may belong to somebody else by now. */
export async function engineAnswers(files: EngineFiles, ports: EnginePorts): Promise<boolean> {
  try {
    return (
      (await answerOf(files, ports, "SELECT value FROM system.server_settings WHERE name = 'path'")) === files.data
    );
  } catch {
    return false;
  }
}

/**
 * Whether what the engine has said is stored can be trusted. In the library that npm brings a write to a file that fails
 * (ENOSPC, EIO, EDQUOT) fails nothing else: an INSERT succeeds, and its part is cut short. The engine only counts it.
 * Started again, it puts such a part aside, and takes back those that it was merged from.
 * @param forMs it must not have been started meanwhile: what came before it is not in its count
 * @throws Error when it does not answer
 */
export async function hasWritten(files: EngineFiles, ports: EnginePorts, forMs: number): Promise<boolean> {
  const counted = "SELECT sum(value) FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'";
  const answer = await answerOf(files, ports, `SELECT uptime(), (${counted}) SETTINGS log_queries = 0`);
  const [, uptimeS, failed] = /^(\d+)\t(\d+)$/.exec(answer) ?? [];
  if (failed === undefined) throw new Error(`the embedded ClickHouse answered ${JSON.stringify(answer)}`);
  return failed === '0' && Number(uptimeS) * 1000 >= forMs;
}

export function engineUrl(ports: EnginePorts): string {
  return `http://127.0.0.1:${ports.http}`;
}

/** Of the administrator's query, without the newline at its end. */
async function answerOf(files: EngineFiles, ports: EnginePorts, query: string): Promise<string> {
  const url = new URL(engineUrl(ports));
  url.searchParams.set('query', query);
  url.searchParams.set('default_format', 'TSVRaw');
  const passwords = await readPasswords(files);
  // One that an earlier version started has no passwords, and `default` is its administrator.
  const headers = passwords && { 'X-ClickHouse-User': 'admin', 'X-ClickHouse-Key': passwords.admin };
  return (await textOf(url, headers)).trim();
}

/** Not fetch, which would keep the connection: an engine that is to end waits for idle connections. */
async function textOf(url: URL, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const request = get(url, { headers, agent: false, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  const [response]: unknown[] = await once(request, 'response');
  if (!(response instanceof IncomingMessage)) throw new Error('no response');
  return text(response);
}
