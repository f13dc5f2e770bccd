import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Type } from 'typebox';
import type { Logger } from '../../common/log.ts';
import { MAX_EXPORTS } from '../../queries/export/exports.ts';
import type { ExportFormat } from '../../queries/export/export-formats.ts';
import { beginStream } from '../middleware/headers.ts';
import { tryLater } from '../operation/answers.ts';
import { goneSignal } from '../operation/gone.ts';
import { aboutRequest } from '../operation/context.ts';
import { operation, type Operation } from '../operation/operation.ts';
import { failures, filtersOf } from './question-parameters.ts';
import { ExportQuery } from './questions-schemas.ts';
import type { ReadsOf } from './reads.ts';

export interface ExportDependencies {
  readonly reads: ReadsOf;
  readonly log: Logger;
}

const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
};

const SLICE_BYTES = 256 * 1024;
/** A reader that takes nothing for so long is cut off. */
const STALLED_MS = 60_000;

/** All events that filters leave, as one answer of any length. */
export function exportOperation({ reads, log }: ExportDependencies): Operation {
  return operation({
    method: 'get',
    path: '/events/export',
    tag: 'Events',
    access: 'scoped read',
    summary: 'Every event that matches every filter, as a file',
    description:
      'Ordered by timestamp, then by arrival; the oldest first unless `order=desc`. `format` is `ndjson` (an event of ' +
      '`GET /events` a line; line ends within `data` are spaces), `csv` (RFC 4180 with a header; `data` as JSON text) or ' +
      '`parquet` (`data` as JSON text, times as timestamps of microseconds). There is no limit on how many. What cannot ' +
      'be sent to its end is broken off, without the end that its transfer should have, and is never a shorter file. A ' +
      `reader that takes nothing for ${STALLED_MS / 1000} seconds is cut off.`,
    query: ExportQuery,
    answers: {
      200: {
        description: 'The events',
        content: Object.fromEntries(
          Object.values(MEDIA_TYPES).map((type) => [type.split(';')[0] ?? '', Type.String()]),
        ),
      },
      ...failures,
      503: tryLater(`ClickHouse is unavailable, or ${MAX_EXPORTS} exports are being made`),
    },
    handle: async (ctx, { query: { format, order, ...filters } }) => {
      const chunks = reads(ctx).export({ format, order, ...filtersOf(filters) });
      // Before anything is sent, so that what fails at once is answered as a problem.
      const first = await chunks.next();
      const response = beginStream(ctx, {
        'Content-Type': MEDIA_TYPES[format],
        'Content-Disposition': `attachment; filename="events.${format}"`,
      });
      try {
        if (ctx.method !== 'HEAD') {
          const write = writerTo(response);
          if (first.done !== true) await write(first.value);
          for await (const chunk of chunks) await write(chunk);
        }
        response.end();
      } catch (error) {
        if (!response.destroyed) log.warn({ err: error, ...aboutRequest(ctx.state) }, 'an export was broken off');
        response.destroy();
      } finally {
        await chunks.return();
      }
    },
  });
}

/** Writes in slices, or a reader that is slow would be taken for one that takes nothing. */
function writerTo(response: ServerResponse): (chunk: Uint8Array) => Promise<void> {
  const stalled = new AbortController();
  const over = AbortSignal.any([goneSignal(response.req.socket), stalled.signal]);
  return async (chunk) => {
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      over.throwIfAborted();
      if (response.write(chunk.subarray(at, at + SLICE_BYTES))) continue;
      const timer = setTimeout(() => stalled.abort(), STALLED_MS);
      await once(response, 'drain', { signal: over }).finally(() => clearTimeout(timer));
    }
  };
}
