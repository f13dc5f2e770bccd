import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly hasRetryAfter: boolean;
}

const HEAD_END = '\r\n\r\n';

/** One keep-alive connection with at most one request under way: the least a client can do for each of thousands. */
export class RawConnection {
  /** Resolves when there is a connection, or none will be. */
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  #received = '';
  #resolve: ((answer: RawAnswer) => void) | undefined;

  /** @param onClosed called once, when the connection is gone; a request under way then stays unanswered */
  constructor(url: URL, onClosed: () => void) {
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    this.#socket.setEncoding('latin1');
    this.opened = new Promise((resolve) => this.#socket.once('connect', resolve).once('close', () => resolve()));
    this.#socket.on('data', (text: string) => this.#receive(text));
    this.#socket.on('error', () => undefined).once('close', onClosed);
  }

  /** @param request the whole request as text; @param onAnswer is called when its answer is here, body included */
  send(request: string, onAnswer: (answer: RawAnswer) => void): void {
    this.#resolve = onAnswer;
    this.#socket.write(request, 'latin1');
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#received = this.#received === '' ? text : this.#received + text;
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const status = Number(this.#received.slice(9, 12));
    const length = status === 204 ? 0 : contentLength(this.#received);
    if (this.#received.length < headEnd + HEAD_END.length + length) return;
    const hasRetryAfter = status !== 204 && this.#received.includes('\r\nRetry-After: ');
    this.#received = '';
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.({ status, hasRetryAfter });
  }
}

function contentLength(answer: string): number {
  return Number(/\r\ncontent-length: (\d+)/i.exec(answer)?.[1] ?? 0);
}
