import type { Caller } from '../../auth/caller.ts';
import type { Config } from '../../config/config.ts';
import { TypedPaths } from '../../events/data/typed-paths.ts';
import type { Envelope } from '../../events/dialects/envelope.ts';
import { ByteTail } from '../../events/json/byte-tail.ts';
import { JsonSplitter } from '../../events/json/json-splitter.ts';
import type { PayloadCheck } from '../../events/payload-schemas.ts';
import type { Reason, Refusal } from '../../events/rejection.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Ingest } from '../../shipping/ingest.ts';
import { authorize, limitRate, roleFor } from '../middleware/access.ts';
import type { RequestContext } from '../operation/context.ts';
import { BodyBudget, BodyTooLarge, BrokenEncoding, readBody, type DecodingLimits } from './body.ts';
import { Intake, type BodyForm, type Outcome } from './intake.ts';
import { isGzipped } from './media-type.ts';

export interface ReceiveDependencies extends Pick<Config, 'maxFutureMs' | 'maxBodyBytes' | 'bodiesMaxBytes'> {
  readonly ingest: Pick<Ingest, 'batch' | 'overloadError'>;
  readonly checkPayload: PayloadCheck;
  readonly metrics: Pick<Metrics, 'events'>;
  readonly nowMs: () => number;
}

/** A body that is judged while it comes. */
export interface StreamedBody {
  /** A key that did not come in the header. */
  readonly key: string | undefined;
  /** What the body is. Asked when the caller is known to be one that may write. */
  readonly formOf: () => { readonly dialect: string; readonly form: BodyForm };
}

/** A body that is looked into when all of it is there, because the key may be anywhere in it. */
export interface BufferedBody {
  /** For the metrics. */
  readonly dialect: string;
  /** A key that came neither in the header nor in the body. */
  readonly key: string | undefined;
  readonly open: (body: Buffer, limits: DecodingLimits) => Promise<Envelope | Refusal>;
  readonly parse: BodyForm['parse'];
}

/**
 * The one way of a body, in whatever dialect, to verdicts on its events, of which those that are accepted are durable.
 * What it throws says that nothing of the body is stored.
 */
export interface Receiver {
  receiveStreamed(ctx: RequestContext, body: StreamedBody): Promise<Outcome>;
  receiveBuffered(ctx: RequestContext, body: BufferedBody): Promise<Outcome>;
}

/** So a limit on bytes is also one on events, and a body of `0\n0\n…` is soon over it. */
const BYTES_AN_EVENT = 64;

/** Of the memory for bodies: what is left is for senders that are known before their body is read. */
const UNAUTHENTICATED_SHARE = 1 / 4;

/** The receiver of a process: what its bodies have in common is their memory, and the paths that are typed. */
export function createReceiver(dependencies: ReceiveDependencies): Receiver {
  const { ingest, metrics, maxBodyBytes: maxBytes, maxFutureMs, checkPayload, nowMs } = dependencies;
  const budget = new BodyBudget(dependencies.bodiesMaxBytes);
  // Anyone can send what has its key inside, and stall. At least one body of any size fits.
  const unauthenticatedBudget = new BodyBudget(
    Math.max(dependencies.bodiesMaxBytes * UNAUTHENTICATED_SHARE, maxBytes),
    budget,
  );
  const typedPaths = new TypedPaths();

  const intakeOf = (ctx: RequestContext, form: BodyForm) =>
    new Intake({
      form,
      newBatch: () => ingest.batch(),
      context: () => {
        const { application } = ctx.state.caller;
        return { nowMs: nowMs(), maxFutureMs, application, checkPayload, typedPaths };
      },
      // One was consumed when the caller was known.
      onJudged: (events) => consumeRate(ctx, events - 1, 1, metrics),
      maxEvents: Math.ceil(maxBytes / BYTES_AN_EVENT),
    });

  return {
    receiveStreamed: async (ctx, { key, formOf }) => {
      authorizeSender(ctx, key, metrics);
      const { dialect, form } = formOf();
      const intake = intakeOf(ctx, form);
      const push = (chunk: Buffer) => intake.push(chunk);
      return await held(budget, async (hold) => {
        const problem = await read(ctx, { ingest, maxBytes, hold, push });
        if (problem !== undefined) intake.fail(problem.reason, problem.errors);
        return recordOutcome(dialect, await intake.finish(), metrics);
      });
    },
    receiveBuffered: async (ctx, { dialect, key, open, parse }) => {
      const isKeyKnown = ctx.req.headers.authorization !== undefined || key !== undefined;
      if (isKeyKnown) authorizeSender(ctx, key, metrics);
      const { caller } = ctx.state;
      const unauthenticated = isKeyKnown || caller.roles.has(roleFor('ingest')) ? undefined : caller;
      // Or bodies without a key would cost their sender nothing.
      if (unauthenticated !== undefined) consumeRate(ctx, 1, 0, metrics);
      const received = new ByteTail();
      const push = (chunk: Buffer) => received.append(chunk);
      return await held(unauthenticated === undefined ? budget : unauthenticatedBudget, async (hold) => {
        const problem = await read(ctx, { ingest, maxBytes, hold, push });
        const body = received.take(Buffer.alloc(0));
        const opened = problem ?? (await open(body, { maxBytes, hold }).catch(wrongAsAWhole));
        // Its key may be in what was not read. For 401 clients drop the events, for 413 they send smaller bodies.
        if (unauthenticated !== undefined && isTooLarge(opened)) return { ...NOTHING, failure: opened };
        if (!isKeyKnown) authorizeSender(ctx, 'key' in opened ? opened.key() : undefined, metrics, unauthenticated);
        const messages = 'messages' in opened ? opened.messages() : opened;
        if (Buffer.isBuffer(messages) && isEmptyArray(messages)) return NOTHING;
        const intake = intakeOf(ctx, { splitter: new JsonSplitter(), parse });
        if ('reason' in messages) intake.fail(messages.reason, messages.errors);
        await intake.push('reason' in messages ? body : messages);
        return recordOutcome(dialect, await intake.finish(), metrics);
      });
    },
  };
}

const NOTHING: Outcome = {
  accepted: 0,
  rejected: [],
  omitted: 0,
  failure: undefined,
  rejectedByReason: new Map(),
  notKept: undefined,
};

/** So many blanks are known for nothing. */
const EMPTY_BYTES = 64;

function isEmptyArray(json: Buffer): boolean {
  return json.length <= EMPTY_BYTES && /^\s*\[\s*\]\s*$/.test(json.toString());
}

function isTooLarge(opened: Envelope | Refusal): opened is Refusal {
  return 'reason' in opened && opened.reason === 'too_large';
}

/**
 * Lets in who may write, and takes one event from what the caller may do.
 * @param unauthenticated who used up one of its rate when it was not known whose body it is, and gets that back
 */
function authorizeSender(
  ctx: RequestContext,
  key: string | undefined,
  metrics: ReceiveDependencies['metrics'],
  unauthenticated?: Caller,
): void {
  if (key !== undefined) ctx.state.caller = ctx.state.callerWithKey(key);
  authorize('ingest', ctx);
  unauthenticated?.rateLimit?.giveBack(1);
  consumeRate(ctx, 1, 0, metrics);
}

/** @param taken how many of the body were consumed before; they are refused with these, when these are too many */
function consumeRate(
  ctx: RequestContext,
  events: number,
  taken: number,
  metrics: ReceiveDependencies['metrics'],
): void {
  if (events <= 0) return;
  const onLimited = () => metrics.events.rejected.inc({ reason: 'rate_limited' }, events + taken);
  limitRate(ctx.state.caller, events, onLimited, taken);
}

/** Gives back what was taken from the budget, whatever happens. */
async function held<T>(budget: BodyBudget, use: (hold: (bytes: number) => void) => Promise<T>): Promise<T> {
  let bytes = 0;
  try {
    return await use((more) => {
      budget.take(more);
      bytes += more;
    });
  } finally {
    budget.release(bytes);
  }
}

interface Reading extends Pick<ReceiveDependencies, 'ingest'> {
  readonly maxBytes: number;
  readonly hold: (bytes: number) => void;
  readonly push: (chunk: Buffer) => Promise<void> | void;
}

/** @returns what is wrong with the body as a whole; everything else is thrown */
async function read(ctx: RequestContext, { ingest, maxBytes, hold, push }: Reading): Promise<Refusal | undefined> {
  const { headers } = ctx.req;
  const isGzip = isGzipped(headers['content-encoding']);
  const overload = ingest.overloadError();
  if (overload !== undefined) throw overload;
  const announced = Number(headers['content-length'] ?? 0);
  if (announced > maxBytes) {
    return problem('too_large', `received a body of ${announced} bytes, expected at most ${maxBytes}`);
  }
  const onChunk = (chunk: Buffer) => {
    hold(chunk.length);
    return push(chunk);
  };
  try {
    await readBody(ctx.req, { isGzip, maxBytes, onChunk });
    return undefined;
  } catch (error) {
    return wrongAsAWhole(error);
  }
}

function wrongAsAWhole(error: unknown): Refusal {
  if (error instanceof BodyTooLarge) return problem('too_large', error.message);
  if (error instanceof BrokenEncoding) return problem('malformed', error.message);
  throw error;
}

function problem(reason: Reason, message: string): Refusal {
  return { reason, errors: [{ path: '', message }] };
}

function recordOutcome(dialect: string, outcome: Outcome, { events }: ReceiveDependencies['metrics']): Outcome {
  let rejected = 0;
  for (const [reason, count] of outcome.rejectedByReason) {
    events.rejected.inc({ reason }, count);
    rejected += count;
  }
  if (outcome.accepted > 0) events.byDialect.inc({ dialect, verdict: 'accepted' }, outcome.accepted);
  if (rejected > 0) events.byDialect.inc({ dialect, verdict: 'rejected' }, rejected);
  return outcome;
}
