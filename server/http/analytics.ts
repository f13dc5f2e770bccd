import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { AppError } from '../errors.ts';
import { parseAnalyticsEvent } from '../events/analytics-event.ts';
import { parseHour, parseHours } from '../events/hours.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Metrics } from '../metrics.ts';
import type { HourlyCounts } from '../queries/hourly-counts.ts';
import type { Hourly } from '../queries/hourly.ts';

export interface AnalyticsDependencies {
  readonly ingest: Pick<Ingest, 'accept'>;
  readonly hourly: Hourly;
  readonly metrics: Pick<Metrics, 'events'>;
  readonly maxFutureMs: number;
  readonly nowMs: () => number;
}

/** Clicks and impressions in, exact counts an hour out. */
export function analyticsRoutes(router: Router, dependencies: AnalyticsDependencies): void {
  const { ingest, hourly, metrics, maxFutureMs, nowMs } = dependencies;

  router.post('/analytics', async (ctx) => {
    try {
      await ingest.accept(parseAnalyticsEvent(ctx.query, { nowMs: nowMs(), maxFutureMs }));
    } catch (error) {
      metrics.events.rejected.inc({ reason: error instanceof AppError ? error.code : 'internal' });
      throw error;
    }
    ctx.status = 204;
  });

  router.get('/analytics', async (ctx) => {
    const counts = await hourly.hour(parseHour(ctx.query), { fresh: asksForFresh(ctx) });
    if (prefersJson(ctx)) ctx.body = toJson(counts);
    else ctx.body = toText(counts);
  });

  router.get('/analytics/hours', async (ctx) => {
    const counts = await hourly.hours(parseHours(ctx.query));
    ctx.body = { hours: counts.map(toJson) };
  });
}

function asksForFresh(ctx: Context): boolean {
  return /(^|[ ,])no-cache($|[ ,])/i.test(ctx.get('Cache-Control'));
}

/** Negotiation costs more than the answer; most clients say nothing or take anything. */
function prefersJson(ctx: Context): boolean {
  const accept = ctx.get('Accept');
  return (
    accept !== '' && accept !== '*/*' && ctx.accepts('text/plain', 'application/json') === 'application/json'
  );
}

function toText({ uniqueUsers, clicks, impressions }: HourlyCounts): string {
  return `unique_users,${uniqueUsers}\nclicks,${clicks}\nimpressions,${impressions}\n`;
}

function toJson({ hour, uniqueUsers, clicks, impressions }: HourlyCounts) {
  return { hour: new Date(hour).toISOString(), unique_users: uniqueUsers, clicks, impressions };
}
