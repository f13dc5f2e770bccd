import { AppError, invalid } from '../../common/errors.ts';
import type { Config } from '../../config/config.ts';
import { parseAnalyticsEvent } from '../../events/analytics-event.ts';
import { IDEMPOTENCY_KEY } from '../../events/event-id.ts';
import { NOT_KEPT, payloadOf, type Refusal } from '../../events/rejection.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Ingest } from '../../shipping/ingest.ts';
import { writeHead } from '../middleware/headers.ts';
import { tryLater } from '../operation/answers.ts';
import type { RequestContext } from '../operation/context.ts';
import type { Operation } from '../operation/operation.ts';
import { queryOf } from '../operation/parameters.ts';
import { RecordHeaders, RecordQuery } from './analytics-schemas.ts';

export interface RecordDependencies extends Pick<Config, 'maxFutureMs'> {
  readonly ingest: Pick<Ingest, 'accept' | 'batch'>;
  readonly metrics: Pick<Metrics, 'events'>;
  readonly nowMs: () => number;
}

const DIALECT = 'analytics';

/**
 * Clicks and impressions in. It is the hottest path of the service, so its parameters are read by hand (`events/`) and
 * not by their schema; a test holds the two together.
 */
export function recordOperation({ ingest, metrics, maxFutureMs, nowMs }: RecordDependencies): Operation {
  const accepted = metrics.events.byDialect.labels(DIALECT, 'accepted');
  const rejected = metrics.events.byDialect.labels(DIALECT, 'rejected');
  return {
    method: 'post',
    path: '/analytics',
    tag: 'Hourly analytics',
    summary: 'Record a click or an impression',
    description:
      'Exactly one of `click`, `impression` and `event` is given, once. The body is not read. To make retries safe, ' +
      'give an id in `event_id` or `Idempotency-Key`; repeats with the same id are one event.',
    access: 'write',
    query: RecordQuery,
    headers: RecordHeaders,
    answers: {
      204: { description: 'The event is safe on disk' },
      503: tryLater('The event cannot be made safe now, and was not stored'),
    },
    handle: async (ctx) => {
      try {
        const { application } = ctx.state.caller;
        const accompaniment = { application, idempotencyKeys: idempotencyKeysOf(ctx) };
        await ingest.accept(parseAnalyticsEvent(queryOf(ctx), { nowMs: nowMs(), maxFutureMs }, accompaniment));
      } catch (error) {
        rejected.inc();
        const refusal = refusalBy(error);
        metrics.events.rejected.inc({
          reason: refusal?.reason ?? (error instanceof AppError ? error.code : 'internal'),
        });
        if (refusal === undefined || (await isKept(ctx, refusal, ingest))) throw error;
        throw invalid([...refusal.errors, NOT_KEPT]);
      }
      accepted.inc();
      writeHead(ctx, 204).end();
    },
  };
}

/** What is wrong with the event; undefined when it is something else that kept it from being stored. */
function refusalBy(error: unknown): Refusal | undefined {
  if (!(error instanceof AppError) || error.code !== 'invalid') return undefined;
  const { issues: errors } = error;
  return { reason: errors[0]?.path === 'timestamp' ? 'timestamp' : 'shape', errors };
}

/** The text of an event that comes in an address is what follows the path, with its question mark. */
async function isKept(ctx: RequestContext, refusal: Refusal, ingest: Pick<Ingest, 'batch'>): Promise<boolean> {
  const { application = '' } = ctx.state.caller;
  // Node gives a character a byte.
  const payload = payloadOf(Buffer.from(ctx.search, 'latin1'));
  const batch = ingest.batch();
  batch.reject({ ...refusal, application, payload });
  return (await batch.commit()) === undefined;
}

const IDEMPOTENCY_KEY_NAME = IDEMPOTENCY_KEY.toLowerCase();

/** Each as it came: of a header that is repeated, `headers` has one text with commas, which an id may have, too. */
function idempotencyKeysOf({ req }: RequestContext): readonly string[] | undefined {
  return req.headers[IDEMPOTENCY_KEY_NAME] === undefined ? undefined : req.headersDistinct[IDEMPOTENCY_KEY_NAME];
}
