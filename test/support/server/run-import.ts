import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { programFile } from '../../../server/common/project-root.ts';

const PROGRAM = programFile('server/cli/import.js');

/** Runs the command as npm does, without a terminal. */
export async function runImport(
  ...args: string[]
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, CLICKHOUR_API_KEY: 'the-key' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { exitCode, stdout, stderr };
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
