import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { programFile } from '../../../server/common/project-root.ts';
import { KIB } from '../../../server/common/units.ts';

const PROGRAM = programFile('server/cli/import.js');

/** Writes the most memory that the program has had, in KiB, to a pipe of its own. */
const SAY_PEAK = `data:text/javascript,import { writeSync } from 'node:fs';
process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)));`;

export interface Imported {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The most memory that it has had. Not on macOS, where Node counts it in another unit. */
  readonly peakBytes: number;
}

/** Runs the command as npm does, without a terminal. */
export async function runImport(...args: string[]): Promise<Imported> {
  return await startImport(...args).ended;
}

/** The same, while it runs. */
export function startImport(...args: string[]) {
  const child = spawn(process.execPath, ['--import', SAY_PEAK, PROGRAM, ...args], {
    env: { ...process.env, CLICKHOUR_API_KEY: 'the-key' },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  return { interrupt: () => child.kill('SIGINT'), ended: endOf(child) };
}

async function endOf(child: ChildProcess): Promise<Imported> {
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [, ...pipes] = child.stdio;
  const [stdout = '', stderr = '', kib] = await Promise.all((pipes as Readable[]).slice(0, 3).map(text));
  const exitCode = await exit;
  return { exitCode, stdout, stderr, peakBytes: Number(kib) * KIB };
}

/** A server that answers each request as the next of `answers` says, and the last one for ever. */
export async function startFake(answers: readonly ((response: ServerResponse) => void)[]) {
  const requests: { readonly authorization: string | undefined; readonly body: string }[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const index = requests.length;
    requests.push({ authorization: request.headers.authorization, body: await text(request) });
    (answers[index] ?? answers.at(-1))?.(response);
  };
  const server: Server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, requests, close };
}

export const busy = (status: number) => (response: ServerResponse) =>
  void response.writeHead(status, { 'Retry-After': '1' }).end('{"detail":"busy"}');
export const hangUp = (response: ServerResponse) => void response.destroy();
export const accept = (response: ServerResponse) =>
  void response.writeHead(202, { 'Content-Type': 'application/json' }).end('{"accepted":1,"rejected":[]}');
