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

/** A problem (RFC 9457); any of its members may be missing, because something between here and the service may answer. */
export interface Problem {
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly errors?: readonly Issue[];
}

/** Reads the problem in an answer that is not one of success; copes with any other text in its place. */
export async function errorOf(answer: Response): Promise<ApiError> {
  const { status } = answer;
  const retryAfterS = Number(answer.headers.get('Retry-After') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(retryAfterS) ? retryAfterS * 1000 : undefined;
  return errorOfProblem({ ...problemOf(await answer.text().catch(() => '')), status }, retryAfterMs);
}

/** A problem as the error that people see. */
export function errorOfProblem(problem: Problem, retryAfterMs?: number): ApiError {
  const { title, status = 500, detail, errors: issues = [] } = problem;
  const message = detail ?? title ?? `the service answered with status ${status}`;
  return new ApiError(kindOf(status), message, { issues, retryAfterMs });
}

/** Whatever was thrown while asking, as the error that people see. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError('unreachable', 'the service does not answer', { cause: error });
}

/** Of more requests than are taken now, and of one that came too slowly, the same may be answered later. */
const PASSING: ReadonlySet<number> = new Set([408, 429]);

function kindOf(status: number): ApiErrorKind {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  return status >= 500 || PASSING.has(status) ? 'unavailable' : 'invalid';
}

function problemOf(text: string): Problem {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
