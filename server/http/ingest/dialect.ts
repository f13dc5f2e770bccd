import { Type, type TSchema } from 'typebox';
import { AppError, type ErrorCode } from '../../common/errors.ts';
import { openEnvelope } from '../../events/dialects/envelope.ts';
import { messageParser, type Mapping } from '../../events/dialects/mapping.ts';
import type { Refusal } from '../../events/rejection.ts';
import { problem, tryLater } from '../operation/answers.ts';
import type { RequestContext } from '../operation/context.ts';
import type { Operation } from '../operation/operation.ts';
import { queryOf } from '../operation/parameters.ts';
import type { DecodingLimits } from './body.ts';
import type { Receiver } from './receive.ts';

/** The HTTP API of clients that people already have. */
export interface Dialect {
  /** For the metrics. */
  readonly name: string;
  /** As people call it. */
  readonly tag: string;
  readonly paths: readonly DialectPath[];
  readonly mapping: Mapping;
  /** Where a key may be: as a parameter of the query, and as a path in the body. */
  readonly keys: { readonly query: readonly string[]; readonly body: readonly string[] };
  /** Makes the JSON of a body that came in another form. @throws BodyTooLarge, BrokenEncoding, and what `hold` throws */
  readonly decode?: (body: Buffer, limits: DecodingLimits) => Promise<Buffer>;
  /** What the clients take for success, always with 200. */
  readonly success: object;
  /** What makes the clients wait and send again, for pressure of any kind. */
  readonly pressure: 429 | 503;
  /** What the clients ask for besides. */
  readonly others: readonly Operation[];
}

export interface DialectPath {
  /** Without a slash at its end; the router takes it with one, too. */
  readonly path: string;
  readonly summary: string;
  /** Members that messages have where they do not say otherwise. */
  readonly given?: Readonly<Record<string, string>>;
}

/** The operations of a dialect. */
export function dialectOperations(dialect: Dialect, receiver: Receiver): readonly Operation[] {
  return [...dialect.paths.map((path) => dialectOperation(dialect, path, receiver)), ...dialect.others];
}

/** The first of some parameters that is given once and is not empty. */
export function keyOf(ctx: RequestContext, names: readonly string[]): string | undefined {
  if (ctx.querystring === '') return undefined;
  const query = queryOf(ctx);
  return names.map((name) => query[name]).find((value): value is string => typeof value === 'string' && value !== '');
}

/**
 * For a body that is wrong as a whole; one that holds what is wrong is not.
 * @param part what the body consists of
 * @param extensions further members of the problem that is answered
 */
export function nothingAccepted({ reason, errors }: Refusal, part: string, extensions = {}): AppError {
  const detail = errors.map(({ path, message }) => (path === '' ? message : `${part} ${path}: ${message}`)).join('; ');
  const code = reason === 'too_large' ? 'too_large' : 'invalid';
  return new AppError(code, `Nothing was accepted: ${detail}`, { issues: errors, extensions });
}

function dialectOperation(dialect: Dialect, { path, summary, given }: DialectPath, receiver: Receiver): Operation {
  const { name, tag, mapping, keys, decode = async (json) => json, success, pressure } = dialect;
  const parse = messageParser(mapping, given);
  const open = async (body: Buffer, limits: DecodingLimits) => openEnvelope(await decode(body, limits), keys.body);
  return {
    method: 'post',
    path,
    tag,
    summary,
    description:
      `The messages of ${tag}'s clients, each an event: docs/clients.md says how. Answered when they are safe on disk, ` +
      'also where some were rejected, which are in `GET /events/rejected`. The Content-Type does not matter; gzip is taken.',
    access: 'ingest',
    query: Type.Object(
      Object.fromEntries(keys.query.map((key) => [key, Type.Optional(Type.String({ description: 'the key' }))])),
    ),
    body: { description: 'A message, an array, or an object with them as `batch`', content: ANY_JSON },
    answers: {
      200: { description: 'The body was taken', content: { 'application/json': literal(success) } },
      400: problem('The body is not JSON'),
      413: problem('The body is too large; nothing of it was accepted'),
      415: problem('The body is compressed with something other than gzip'),
      [pressure]: tryLater(
        'The events cannot be taken now; they were not stored, unless `detail` says that only the rejected ones were not kept',
      ),
    },
    handle: async (ctx) => {
      const body = { dialect: name, key: keyOf(ctx, keys.query), open, parse };
      const { failure, notKept } = await receiver.receiveBuffered(ctx, body).catch((error: unknown) => {
        throw pressed(error, pressure);
      });
      if (failure !== undefined) throw nothingAccepted(failure, 'message');
      // Success would say that what was rejected can be found. What was accepted has its identity, and counts once.
      if (notKept?.code === 'overloaded') throw pressed(rejectionsLost(notKept), pressure);
      ctx.body = success;
    },
  };
}

const ANY_JSON = { 'application/json': Type.Unknown() };

function literal(success: object): TSchema {
  return Type.Object(Object.fromEntries(Object.entries(success).map(([name, value]) => [name, Type.Literal(value)])));
}

const PRESSURES: readonly ErrorCode[] = ['overloaded', 'unavailable', 'rate_limited'];
const MIN_RETRY_S = 1;

function rejectionsLost(cause: AppError): AppError {
  const { message, retryAfterS = MIN_RETRY_S } = cause;
  const detail = `The rejected events of this body were not kept, the others are stored: ${message}`;
  return new AppError('overloaded', detail, { cause, retryAfterS });
}

/** The same error, with the status that makes these clients wait. */
function pressed(error: unknown, pressure: Dialect['pressure']): unknown {
  if (!(error instanceof AppError) || !PRESSURES.includes(error.code)) return error;
  const { message, cause, issues, extensions, retryAfterS = MIN_RETRY_S } = error;
  const code = pressure === 429 ? 'rate_limited' : 'overloaded';
  return new AppError(code, message, { cause, issues, extensions, retryAfterS });
}
