import { connect, type Socket } from 'node:net';
import type { FuzzRequest } from './requests.ts';

export interface Outcome {
  /** Of the first answer that is final; undefined when the connection ended without one. */
  readonly status: number | undefined;
  /** What was wrong with it, as sentences; nothing is what must hold. */
  readonly violations: readonly string[];
}

/** What is not a whole request may need no answer: then the client hangs up, and the server must let go of it. */
const QUIET_MS = 15;
/** For an answer to a whole request, and for the end of a connection that the client has ended. */
const PATIENCE_MS = 20_000;

/** One connection at a time to a server, for one request after the other. */
export class Exchanges {
  readonly #url: URL;
  #socket: Socket | undefined;

  constructor(url: string) {
    this.#url = new URL(url);
  }

  close(): void {
    this.#socket?.resetAndDestroy();
    this.#socket = undefined;
  }

  async send(request: FuzzRequest): Promise<Outcome> {
    this.#socket ??= connect({ host: this.#url.hostname, port: Number(this.#url.port), noDelay: true });
    const { received, isClosed } = await converse(this.#socket, request);
    const answer = finalAnswer(received, request.isHead);
    // A changed request may have been two, whose second answer nobody should take for that to the next.
    if (isClosed || !request.isWhole || answer?.isLast !== false) this.close();
    return { status: answer?.status, violations: violationsOf(request, answer, isClosed) };
  }
}

async function converse(socket: Socket, request: FuzzRequest): Promise<{ received: string; isClosed: boolean }> {
  let received = '';
  let isClosed = false;
  await new Promise<void>((resolve) => {
    const finish = () => {
      clearTimeout(patience);
      clearTimeout(quiet);
      socket.off('data', read).off('close', close);
      resolve();
    };
    const close = () => {
      isClosed = true;
      finish();
    };
    const read = (text: string) => {
      received += text;
      if (finalAnswer(received, request.isHead) !== undefined) finish();
    };
    const patience = setTimeout(finish, PATIENCE_MS);
    const quiet = request.isWhole ? undefined : setTimeout(() => socket.end(), QUIET_MS);
    socket.setEncoding('latin1').on('data', read).once('close', close);
    if (socket.listenerCount('error') === 0) socket.on('error', () => undefined);
    socket.write(request.text, 'latin1');
  });
  return { received, isClosed };
}

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** Whether the connection is not to be used after it. */
  readonly isLast: boolean;
}

/** The first answer that is no `100 Continue`, once it is whole; of a stream without end, its head. */
function finalAnswer(received: string, isHead: boolean): Answer | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = received.slice(0, headEnd);
  const body = received.slice(headEnd + 4);
  const status = Number(head.slice(9, 12));
  if (status === 100) return finalAnswer(body, isHead);
  const isLast = /\r\nconnection: close/i.test(head);
  if (isHead || status === 204 || status === 304) return { status, head, body: '', isLast };
  if (/\r\ncontent-type: (text\/event-stream|application\/x-ndjson)/i.test(head))
    return { status, head, body: '', isLast: true };
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  const isWhole = length === undefined ? body.endsWith('0\r\n\r\n') : body.length >= Number(length);
  return isWhole ? { status, head, body, isLast } : undefined;
}

function violationsOf(request: FuzzRequest, answer: Answer | undefined, isClosed: boolean): string[] {
  if (answer === undefined) {
    if (!isClosed) return [`no answer and no end within ${PATIENCE_MS} ms`];
    return request.isWhole ? ['the connection ended without an answer'] : [];
  }
  const { status, head, body } = answer;
  const found: string[] = [];
  const has = (pattern: RegExp) => pattern.test(head);
  if (status >= 500 && !(status === 503 && has(/\r\nretry-after: \d+/i))) found.push(`the status is ${status}`);
  if (status >= 400 && !request.isHead && !has(/\r\ncontent-type: application\/problem\+json/i) && !isHealth(request))
    found.push(`a ${status} that is no problem`);
  if (!has(/\r\nx-content-type-options: nosniff/i)) found.push('no nosniff');
  if (/\bat .*(node:internal|\.js:\d+)/.test(body) && status >= 400) found.push('a stack trace');
  return found;
}

/** It answers 503 in a form of its own. */
function isHealth({ operation }: FuzzRequest): boolean {
  return operation.includes('/health');
}
