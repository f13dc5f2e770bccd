import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { KIB } from '../../common/units.ts';
import { PROTECTION, requestIdOf } from '../middleware/headers.ts';

export type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** Told of a request that no middleware sees, and of what is not one (then without a method). */
export type OnRefused = (method: string | undefined, status: number) => void;

const PROBLEM = 'application/problem+json';

interface Cause {
  readonly status: number;
  readonly detail: string;
}

const TUNNEL: Cause = { status: 405, detail: 'received CONNECT, expected GET, HEAD, POST or OPTIONS' };
const UNMET: Cause = { status: 417, detail: 'received an Expect header, expected 100-continue or none' };
const MALFORMED: Cause = { status: 400, detail: 'received what is not a request of HTTP/1.1' };

/** All headers of a request, with its first line. Node has the same limit for the extensions of chunks. */
export const MAX_HEAD_BYTES = 16 * KIB;

/** Why Node gives up on what a connection sends, by its own codes. */
const CAUSES: ReadonlyMap<string | undefined, Cause> = new Map<string | undefined, Cause>([
  [
    'HPE_HEADER_OVERFLOW',
    { status: 431, detail: `received more than ${MAX_HEAD_BYTES / KIB} KiB of headers, expected at most that` },
  ],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', { status: 413, detail: 'received more than 16 KiB of chunk extensions' }],
  ['ERR_HTTP_REQUEST_TIMEOUT', { status: 408, detail: 'the request did not arrive whole in time' }],
]);

/** How long a client may go on sending before the connection is cut, so that it can read why. */
const LINGER_MS = 500;

/** The newest answer of a connection, and the one before it while that is due. */
interface Answers {
  last: ServerResponse;
  before: ServerResponse | undefined;
}

/**
 * The connections of a server. Their requests are handed on, and nothing that comes where a connection should be over.
 *
 * What Node's parser refuses never becomes a request: it is answered with a problem and the end of the connection, and
 * what follows is thrown away, because nobody can know where a next request would begin. Node itself would still run
 * requests behind one that says `Connection: close` or has no Host, and drop their answers: so somebody could have
 * things done that nobody answers for.
 */
export class Connections {
  readonly #handle: Handle;
  readonly #max: number;
  readonly #onRefused: OnRefused;
  /** With how many bytes each had sent at the last `endSilent`, if it was owed nothing then. */
  readonly #open = new Map<Socket, number | undefined>();
  readonly #answers = new WeakMap<Duplex, Answers>();

  /**
   * @param max any beyond them are closed at once
   * @param onRefused told of each request that is answered here
   */
  constructor(server: Server, handle: Handle, max: number, onRefused: OnRefused) {
    this.#handle = handle;
    this.#max = max;
    this.#onRefused = onRefused;
    const refused = new WeakSet<Duplex>();
    server.on('connection', (socket: Socket) => this.#accept(socket));
    server.on('request', (request, response) => this.#take(request, response, settleAddress(request)));
    server.on('checkExpectation', (request, response) => this.#take(request, response, UNMET));
    server.on('connect', (_, socket) => {
      // Node lets go of the socket here, and an error that nobody listens for ends the process.
      socket.on('error', () => socket.destroy());
      this.#refuse(socket, TUNNEL);
    });
    server.on('clientError', (error, socket) => {
      // The rest of what a refused client sends is refused again.
      if (refused.has(socket)) return;
      refused.add(socket);
      this.#refuse(socket, causeOf(error));
    });
  }

  /** How many are open now. */
  get count(): number {
    return this.#open.size;
  }

  /** Ends those that are owed no answer now, and were owed none at the last call, and sent nothing since. */
  endSilent(): void {
    for (const [socket, bytes] of this.#open) {
      const last = this.#answers.get(socket)?.last;
      const isOwed = last !== undefined && !last.writableFinished && !last.destroyed;
      if (!isOwed && socket.bytesRead === bytes) socket.destroy();
      else this.#open.set(socket, isOwed ? undefined : socket.bytesRead);
    }
  }

  /** Not by `server.maxConnections`: what a worker refuses by that, its primary hands out again, without end. */
  #accept(socket: Socket): void {
    if (this.#open.size >= this.#max) {
      socket.destroy();
      return;
    }
    this.#open.set(socket, undefined);
    socket.once('close', () => this.#open.delete(socket));
    // What Node calls after an answer that is a connection's last.
    socket.destroySoon = () => endInOrder(socket, this.#answers.get(socket)?.last.req);
  }

  /** @param cause why it is refused */
  #take(request: IncomingMessage, response: ServerResponse, cause: Cause | undefined): void {
    const { socket } = request;
    const answers = this.#answers.get(socket);
    if (answers?.last.shouldKeepAlive === false) return;
    if (answers === undefined) this.#answers.set(socket, { last: response, before: undefined });
    else {
      answers.before = answers.last.writableFinished ? undefined : answers.last;
      answers.last = response;
    }
    if (cause === undefined) {
      this.#handle(request, response);
      return;
    }
    this.#onRefused(request.method, cause.status);
    response.shouldKeepAlive = false;
    answerProblem(response, cause.status, problem(cause));
  }

  /** In place of what nobody can answer any more, once those before it have their answers. */
  #refuse(socket: Duplex, cause: Cause): void {
    const answers = this.#answers.get(socket);
    const due = [answers?.last, answers?.before].find((each) => each !== undefined && isUnderWay(each));
    if (due !== undefined) {
      due.once('close', () => this.#refuse(socket, cause));
      return;
    }
    const isAnswerBegun = answers?.last.headersSent === true && !answers.last.writableFinished;
    if (!socket.writable || isAnswerBegun) {
      socket.destroy();
      return;
    }
    this.#onRefused(undefined, cause.status);
    endRefused(socket, cause);
  }
}

function causeOf({ code }: NodeJS.ErrnoException): Cause {
  return CAUSES.get(code) ?? MALFORMED;
}

/** Answers a request that no middleware sees. @param body in ASCII, so that its length is its bytes */
export function answerProblem(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string | number>> = {},
): void {
  response.writeHead(status, {
    'Content-Type': PROBLEM,
    'Content-Length': body.length,
    ...headers,
    'X-Request-Id': requestIdOf(response.req),
    ...PROTECTION,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** Whether a request before this one, or one whose body nobody waits for, still gets its own answer. */
function isUnderWay({ req, writableEnded, writableFinished, destroyed }: ServerResponse): boolean {
  return !writableFinished && !destroyed && (writableEnded || req.complete || req.readableFlowing === null);
}

/**
 * Ends a connection after its last answer. The rest of a request that was answered before its end is read and thrown away:
 * for bytes that nobody reads the kernel resets the connection, and the answer is lost with it. Who takes too long for the
 * whole request, or is silent for a moment, is cut off.
 */
function endInOrder(socket: Socket, request: IncomingMessage | undefined): void {
  const end = () => Socket.prototype.destroySoon.call(socket);
  if (request === undefined || request.complete) {
    end();
    return;
  }
  socket.end();
  socket.setTimeout(LINGER_MS);
  request.once('end', end).resume();
}

function endRefused(socket: Duplex, cause: Cause): void {
  const body = problem(cause);
  const head = [
    `HTTP/1.1 ${cause.status} ${STATUS_CODES[cause.status]}`,
    `Content-Type: ${PROBLEM}`,
    `Content-Length: ${body.length}`,
    `X-Request-Id: ${randomUUID()}`,
    ...Object.entries(PROTECTION).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function problem({ status, detail }: Cause): string {
  return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail });
}

/** A name or an IPv4 address, or an IPv6 address in brackets, and a port. */
const AUTHORITY = /^(?:[\w.~%!$&'()*+,;=-]{1,255}|\[[\da-fA-F:.]{2,45}\])(?::\d{0,5})?$/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)([^#]*)$/i;

/**
 * Looks at how a request is addressed, and brings it into one form: a target that begins with `/`, and one Host. A target with
 * a host in it, as proxies send, names the host.
 * @returns what is wrong; undefined when nothing is
 */
function settleAddress(request: IncomingMessage): Cause | undefined {
  const { httpVersionMajor, httpVersionMinor, httpVersion, headers, method } = request;
  if (httpVersionMajor !== 1 || httpVersionMinor > 1) return wrong(`received HTTP/${httpVersion}, expected HTTP/1.1`);
  if (headers.host === undefined && httpVersionMinor === 1) return wrong('received no Host header, expected one');
  if (hasTwoHosts(request)) return wrong('received two Host headers, expected one');
  if (headers.host !== undefined && headers.host !== '' && !AUTHORITY.test(headers.host)) {
    return wrong('received a Host header that names no host, expected HOST or HOST:PORT');
  }
  const target = request.url ?? '';
  if (target.startsWith('/') || (target === '*' && method === 'OPTIONS')) return undefined;
  const [, authority = '', path = ''] = ABSOLUTE.exec(target) ?? [];
  if (!AUTHORITY.test(authority) || !URL.canParse(`http://${authority}`)) {
    return wrong('received a target that is no path and no address of one, expected one that begins with /');
  }
  headers.host = authority;
  request.url = path.startsWith('/') ? path : `/${path}`;
  return undefined;
}

function wrong(detail: string): Cause {
  return { status: 400, detail };
}

/** Node keeps the first of them, and a proxy may have gone by the other. */
function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}
