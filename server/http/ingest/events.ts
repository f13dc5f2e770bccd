import { AppError } from '../../common/errors.ts';
import type { PayloadCheck } from '../../events/payload-schemas.ts';
import { TypedPaths } from '../../events/data/typed-paths.ts';
import type { Ingest } from '../../shipping/ingest.ts';
import { Intake, type Outcome } from './intake.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { tryLater } from '../operation/answers.ts';
import { BodyBudget } from './body-budget.ts';
import { BodyTooLarge, BrokenEncoding, readBody } from './body.ts';
import type { RequestContext } from '../operation/context.ts';
import { EventsBody, EventsProblem, Verdicts } from './events-schemas.ts';
import { formatOf, isGzipped } from './media-type.ts';
import type { Answer, Operation } from '../operation/operation.ts';
import { charge } from '../middleware/trusted.ts';

export interface EventsDependencies {
  readonly ingest: Pick<Ingest, 'batch' | 'refusal'>;
  readonly checkPayload: PayloadCheck;
  readonly metrics: Pick<Metrics, 'events'>;
  readonly maxFutureMs: number;
  readonly maxBodyBytes: number;
  /** Of all bodies that are being read. */
  readonly bodiesMaxBytes: number;
  readonly nowMs: () => number;
}

/** Fewer bytes than any event has: so a limit on bytes is also one on events, and a body of `0\n0\n…` is soon over it. */
const MIN_EVENT_BYTES = 64;

/** Events of any kind in, with a verdict for each. */
export function eventsOperations(dependencies: EventsDependencies): readonly Operation[] {
  const budget = new BodyBudget(dependencies.bodiesMaxBytes);
  const typedPaths = new TypedPaths();
  return [
    {
      method: 'post',
      path: '/events',
      tag: 'Events',
      summary: 'Record events of any kind',
      description:
        'One event, an array of them, or one a line; `Content-Encoding: gzip` is taken. Each event gets its own ' +
        'verdict, but a body that is not JSON as a whole is refused as a whole. What is rejected is kept for ' +
        '`GET /events/rejected`.',
      access: 'write',
      body: EventsBody,
      answers: {
        202: {
          description: 'What was accepted is safe on disk',
          content: { 'application/json': Verdicts },
        },
        400: refused('No event was accepted'),
        413: refused('The body is too large; nothing of it was accepted'),
        415: refused('The body is neither JSON nor NDJSON in UTF-8, or compressed with something other than gzip'),
        503: tryLater('The events cannot be made safe now, and were not stored'),
      },
      handle: (ctx) => receive(ctx, dependencies, { budget, typedPaths }),
    },
  ];
}

/** What all bodies of a process have in common. */
interface Shared {
  readonly budget: BodyBudget;
  readonly typedPaths: TypedPaths;
}

function refused(description: string): Answer {
  return { description, content: { 'application/problem+json': EventsProblem } };
}

async function receive(
  ctx: RequestContext,
  dependencies: EventsDependencies,
  { budget, typedPaths }: Shared,
): Promise<void> {
  const { ingest, checkPayload, metrics, maxFutureMs, maxBodyBytes, nowMs } = dependencies;
  const { headers } = ctx.req;
  const format = formatOf(headers['content-type']);
  const isGzip = isGzipped(headers['content-encoding']);
  const refusal = ingest.refusal();
  if (refusal !== undefined) throw refusal;

  const { application } = ctx.state.caller;
  const intake = new Intake({
    format,
    newBatch: () => ingest.batch(),
    context: () => ({ nowMs: nowMs(), maxFutureMs, application, checkPayload, typedPaths }),
    // One was paid for when the request came.
    onJudged: (events) => chargeAll(ctx, events - 1, metrics),
    maxEvents: Math.ceil(maxBodyBytes / MIN_EVENT_BYTES),
  });
  let held = 0;
  const onChunk = (chunk: Buffer) => {
    budget.take(chunk.length);
    held += chunk.length;
    intake.push(chunk);
  };
  try {
    await readInto(intake, ctx, { isGzip, maxBytes: maxBodyBytes, onChunk });
    const outcome = await intake.finish();
    for (const [reason, count] of outcome.rejectedByReason) metrics.events.rejected.inc({ reason }, count);
    answer(ctx, outcome);
  } finally {
    budget.release(held);
  }
}

function chargeAll(ctx: RequestContext, events: number, metrics: EventsDependencies['metrics']): void {
  if (events <= 0) return;
  try {
    charge(ctx.state.caller, events);
  } catch (error) {
    metrics.events.rejected.inc({ reason: 'rate_limited' }, events + 1);
    throw error;
  }
}

/** What is wrong with the body as a whole becomes a verdict about it; everything else is thrown. */
async function readInto(intake: Intake, ctx: RequestContext, options: Parameters<typeof readBody>[1]): Promise<void> {
  const { maxBytes } = options;
  const announced = Number(ctx.req.headers['content-length'] ?? 0);
  if (announced > maxBytes) {
    const message = `received a body of ${announced} bytes, expected at most ${maxBytes}`;
    intake.fail('too_large', [{ path: '', message }]);
    return;
  }
  try {
    await readBody(ctx.req, options);
  } catch (error) {
    if (error instanceof BodyTooLarge) intake.fail('too_large', [{ path: '', message: error.message }]);
    else if (error instanceof BrokenEncoding) intake.fail('malformed', [{ path: '', message: error.message }]);
    else throw error;
  }
}

function answer(ctx: RequestContext, { accepted, rejected, omitted, failure }: Outcome): void {
  const verdicts = { accepted, rejected, ...(omitted > 0 ? { rejected_omitted: omitted } : {}) };
  if (accepted > 0) {
    ctx.status = 202;
    ctx.body = verdicts;
    return;
  }
  if (failure === undefined) {
    const first = rejected[0]?.errors[0];
    const reason =
      first === undefined ? '' : `; the first: ${first.path === '' ? 'event' : first.path}: ${first.message}`;
    const detail = `No event was accepted, ${rejected.length + omitted} rejected${reason}`;
    throw new AppError('invalid', detail, { extensions: verdicts });
  }
  const { reason, errors } = failure;
  const code = reason === 'too_large' ? 'too_large' : 'invalid';
  const detail = errors.map(({ path, message }) => (path === '' ? message : `event ${path}: ${message}`)).join('; ');
  throw new AppError(code, `Nothing was accepted: ${detail}`, { issues: errors, extensions: verdicts });
}
