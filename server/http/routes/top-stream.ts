import { Type, type Static } from 'typebox';
import { formatTimeUs } from '../../events/time.ts';
import type { LiveQuestion } from '../../live/feed.ts';
import type { Format } from '../../live/frames.ts';
import { tryLater } from '../operation/answers.ts';
import { aboutRequest, type RequestContext } from '../operation/context.ts';
import { operation, type Operation } from '../operation/operation.ts';
import { problemOf } from '../middleware/problem.ts';
import { beginStream } from '../middleware/headers.ts';
import type { ReadingDependencies, Reads } from './reads.ts';
import { canonicalTop, DESCRIPTION, topJson, topQuestion } from './top-events.ts';
import { TopQuery } from './top-events-schemas.ts';

const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  sse: 'text/event-stream',
  ndjson: 'application/x-ndjson',
};

const STREAM =
  'The object of `GET /events/top`, every second, without end. As server-sent events: `event: top` with the object as ' +
  '`data` and its time as `id`. With `Accept: application/x-ndjson`: an object a line, and an empty line when nothing else ' +
  'was sent for 15 seconds. While it cannot be answered, at least every 5 seconds `{generated_at, problem: {title, ' +
  'status, detail}}` instead (`event: problem`), with the problem that `GET /events/top` would answer; the stream goes ' +
  'on by itself after that. A reader that does not keep up is cut off.';

/** What there is most of, for as long as somebody reads it. */
export function topStream({ reads, nowMs }: ReadingDependencies): Operation {
  const questionOf = (query: Static<typeof TopQuery>, own: Reads): LiveQuestion => {
    const ask = own.liveTop();
    return {
      key: canonicalTop(query),
      answer: async (signal) => {
        const now = nowMs();
        const question = topQuestion(query, now);
        const json = topJson(now, question, await ask(question, signal));
        return { event: 'top', generatedAt: formatTimeUs(now * 1000), json };
      },
      problem: (error) => {
        const generatedAt = formatTimeUs(nowMs() * 1000);
        const json = JSON.stringify({ generated_at: generatedAt, problem: problemOf(error) });
        return { event: 'problem', generatedAt, json };
      },
    };
  };
  return operation({
    method: 'get',
    path: '/events/top/stream',
    tag: 'Events',
    access: 'scoped read',
    summary: 'The keys with the most events, every second',
    description: `${STREAM}\n\n${DESCRIPTION}`,
    query: TopQuery,
    answers: {
      200: {
        description: 'The stream',
        content: { [MEDIA_TYPES.sse]: Type.String(), [MEDIA_TYPES.ndjson]: Type.String() },
      },
      503: tryLater('There are too many readers, or too many different questions'),
    },
    handle: (ctx, { query }) => {
      const own = reads(ctx);
      const question = questionOf(query, own);
      const format = formatOf(ctx);
      const open = () => begin(ctx, format);
      if (ctx.method === 'HEAD') open().end();
      else own.join(question, { format, ...aboutRequest(ctx.state), open });
    },
  });
}

function formatOf(ctx: RequestContext): Format {
  return ctx.accepts(MEDIA_TYPES.sse, MEDIA_TYPES.ndjson) === MEDIA_TYPES.ndjson ? 'ndjson' : 'sse';
}

/** Sends the head at once. Nothing can follow what has no end, and a server that stops need not wait for another request. */
function begin(ctx: RequestContext, format: Format) {
  const response = beginStream(ctx, { 'Content-Type': MEDIA_TYPES[format], Connection: 'close' });
  response.flushHeaders();
  return response;
}
