/** What can go wrong, as a closed list. `http/middleware/problem.ts` maps each code to a status; nothing else decides statuses but `http/server/connections.ts`, of what is no request, and a dialect, of pressure. */
export type ErrorCode =
  /** The caller's input is wrong; `issues` says where. */
  | 'invalid'
  /** The caller did not show who it is. */
  | 'unauthorized'
  /** The caller is known and may not do this. */
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'too_large'
  /** The question is understood, and its answer would cost more than a question may; a narrower one is answered. */
  | 'too_expensive'
  /** The question is understood, and what would answer it was removed after its time; another one is answered. */
  | 'not_kept'
  /** A body in a form that is not read here. */
  | 'unsupported_media_type'
  /** Whoever asked has closed the connection, and waits for no answer. */
  | 'cancelled'
  /** The caller has used up what it may do for now. */
  | 'rate_limited'
  /** A limit of this server is reached (journal, disk, queue): nothing was stored, try again later. */
  | 'overloaded'
  /** A part this answer needs (ClickHouse) is unavailable: try again later. */
  | 'unavailable'
  | 'internal';

/** One finding about an input: `path` names the parameter or JSON path, `message` says what came and what was expected. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

export interface AppErrorOptions {
  readonly cause?: unknown;
  readonly issues?: readonly Issue[];
  /** Seconds after which a retry makes sense. */
  readonly retryAfterS?: number;
  /** Further members of the problem that is answered. */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** The one error type of the service. `message` is shown to callers unless the code is `internal`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly issues: readonly Issue[];
  readonly retryAfterS: number | undefined;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.issues = options.issues ?? [];
    this.retryAfterS = options.retryAfterS;
    this.extensions = options.extensions ?? {};
  }
}

/** An `invalid` error whose message is its findings in one sentence. `issues` must not be empty. */
export function invalid(issues: readonly Issue[]): AppError {
  return new AppError('invalid', issues.map(({ path, message }) => `${path}: ${message}`).join('; '), {
    issues,
  });
}

/** Shows a received value in an error message: quoted, and cut so that a message stays a sentence. */
export function show(value: unknown, maxLength = 80): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? typeof value;
  if (text.length <= maxLength) return text;
  const characters = Array.from(typeof value === 'string' ? value : text).length;
  const wholeCharacters = text.slice(0, maxLength).replace(/[\uD800-\uDBFF]$/, '');
  return `${wholeCharacters}… (${characters} characters)`;
}

/** The message of anything that was thrown. Where Node.js joins errors without one (each address of a host refused), theirs. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** The message of anything that was thrown, with what caused it. */
export function messageWithCauses(error: unknown): string {
  const cause = error instanceof AppError || !(error instanceof Error) ? undefined : error.cause;
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageWithCauses(cause)}`;
}

/** Anything that was thrown, as an error. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/**
 * Whether what is tried again and again fails as it did the last time, so that an outage is logged once. By their codes, where
 * they have any: messages name files, which are others each time.
 * @param last undefined when it succeeded
 */
export function isSameFailure(last: unknown, error: unknown): boolean {
  return last !== undefined && kindOf(last) === kindOf(error);
}

function kindOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
}

/** Whether a disk, or this account's part of it, is full; also where that is the cause. */
export function isDiskFull(error: unknown): boolean {
  if (isCode(error, 'ENOSPC', 'EDQUOT')) return true;
  return error instanceof Error && error.cause !== undefined && isDiskFull(error.cause);
}

/** Whether this user may not do what it tried, which a person can change. */
export function isForbidden(error: unknown): boolean {
  return isCode(error, 'EACCES', 'EPERM');
}

/** Whether it is an error of the system with one of these codes. */
export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}
