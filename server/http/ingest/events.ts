import { Type } from 'typebox';
import { AppError } from '../../common/errors.ts';
import { tryLater } from '../operation/answers.ts';
import type { RequestContext } from '../operation/context.ts';
import type { Answer, Operation } from '../operation/operation.ts';
import { keyOf, nothingAccepted } from './dialect.ts';
import { EventsBody, EventsProblem, Verdicts } from './events-schemas.ts';
import type { Outcome } from './intake.ts';
import { formOf } from './media-type.ts';
import type { Receiver } from './receive.ts';

const KEY = 'key';

/** Events of any kind in, with a verdict for each. */
export function eventsOperation(receiver: Receiver): Operation {
  return {
    method: 'post',
    path: '/events',
    tag: 'Events',
    summary: 'Record events of any kind',
    description:
      'One event, an array of them, or one a line, also as `text/plain`; or CloudEvents 1.0, structured, batched or ' +
      'binary. Gzip is taken. Each event gets its own verdict, but a body that is not JSON as a whole is refused as a ' +
      'whole. What is rejected is kept for `GET /events/rejected`.',
    access: 'ingest',
    query: Type.Object({
      [KEY]: Type.Optional(
        Type.String({ description: 'a key, where a page cannot send a header; one that may write and not read' }),
      ),
    }),
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
    handle: async (ctx) => {
      const body = { key: keyOf(ctx, [KEY]), formOf: () => formOf(ctx.req.headers) };
      answer(ctx, await receiver.receiveStreamed(ctx, body));
    },
  };
}

function refused(description: string): Answer {
  return { description, content: { 'application/problem+json': EventsProblem } };
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
  throw nothingAccepted(failure, 'event', verdicts);
}
