/** One finding of the service about a request. */
export interface Issue {
  /** The parameter that is wrong. */
  readonly path: string;
  readonly message: string;
}

/**
 * Why there is no answer. `unauthorized`: a key is needed, or another one. `forbidden`: the key lacks a role. `invalid`:
 * the question is wrong or too expensive. `unavailable`: the service cannot say now. `unreachable`: nothing came, or
 * nothing that can be read.
 */
export type ApiErrorKind = 'unauthorized' | 'forbidden' | 'invalid' | 'unavailable' | 'unreachable';

export interface ApiErrorOptions {
  readonly issues?: readonly Issue[];
  /** When the service wants to be asked again. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** A request that was not answered as asked. `message` is a sentence for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly kind: ApiErrorKind;
  readonly issues: readonly Issue[];
  readonly retryAfterMs: number | undefined;

  constructor(kind: ApiErrorKind, message: string, options: ApiErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.issues = options.issues ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether the same question may be answered later. */
  get isTemporary(): boolean {
    return this.kind === 'unavailable' || this.kind === 'unreachable';
  }
}

/** Reads the problem (RFC 9457) in an answer that is not one of success; copes with any other text in its place. */
export async function errorOf(answer: Response): Promise<ApiError> {
  const problem = problemOf(await answer.text().catch(() => ''));
  const message = problem.detail ?? problem.title ?? `the service answered with status ${answer.status}`;
  const retryAfterS = Number(answer.headers.get('Retry-After') ?? Number.NaN);
  return new ApiError(kindOf(answer.status), message, {
    issues: problem.errors ?? [],
    retryAfterMs: Number.isFinite(retryAfterS) ? retryAfterS * 1000 : undefined,
  });
}

/** Whatever was thrown while asking, as the error that people see. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError('unreachable', 'the service does not answer', { cause: error });
}

function kindOf(status: number): ApiErrorKind {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  return status >= 500 ? 'unavailable' : 'invalid';
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly Issue[];
}

function problemOf(text: string): Problem {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
