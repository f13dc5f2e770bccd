import { SpanKind } from '@opentelemetry/api';
import type { ClickHouseSettings } from '@clickhouse/client';
import { AppError, messageOf } from '../common/errors.ts';
import { inSpan } from '../common/tracing.ts';
import { limitHit, refusesSelect, type QueryLimit } from './errors.ts';
import type { Nodes } from './nodes.ts';

/** What each query for an answer about events may use of ClickHouse; over any of them it ends with an error. */
export interface QuestionLimits {
  /** All the queries of one answer together. */
  readonly maxSeconds: number;
  readonly maxMemoryBytes: number;
  /** After the indexes have ruled out what they can. */
  readonly maxRowsRead: number;
  readonly maxResultBytes: number;
}

/** What a query may use, and how whoever asks can ask for less. */
export interface QueryBounds {
  readonly limits: QuestionLimits;
  /** The end of a sentence: `expected ...`. */
  readonly narrower: string;
  /**
   * By `performance.now()`; moves on while a query waits for its turn. Undefined: each query has `maxSeconds` of its own.
   */
  endsAtMs?: number;
}

/** Of all queries of a question that is asked now. */
export function questionBounds(limits: QuestionLimits, narrower: string): QueryBounds {
  return { limits, narrower, endsAtMs: performance.now() + limits.maxSeconds * 1000 };
}

/**
 * Runs one SELECT with its values bound as `{name:Type}` parameters, and returns its rows.
 * @throws AppError `unavailable` when ClickHouse cannot answer now, `too_expensive` when the query goes over its bounds,
 * `internal` when ClickHouse refuses it, and the reason of the signal that the nodes are bound to
 */
export async function queryRows<Row>(
  nodes: Nodes,
  query: string,
  params: Readonly<Record<string, unknown>>,
  bounds: QueryBounds,
): Promise<Row[]> {
  return await asked(query, nodes, bounds, async (client, signal, waitedMs) => {
    const limited = settingsOf(bounds, waitedMs);
    const result = await client.query({
      query,
      query_params: params,
      format: 'JSONEachRow',
      ...endingWith(signal),
      clickhouse_settings: { ...ENDS_WITH_ITS_CONNECTION, ...limited },
    });
    return await result.json<Row>();
  });
}

/** A query whose answer nobody waits for any more is cancelled: this server gave up, or is gone. */
const ENDS_WITH_ITS_CONNECTION: ClickHouseSettings = { cancel_http_readonly_queries_on_client_close: 1 };

/** The option of a request that ends with its signal. */
export function endingWith(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { abort_signal: signal };
}

/**
 * Runs one SELECT that names its FORMAT, and returns what ClickHouse sends, all of it: an answer that breaks off is an error.
 * @param settings of the format
 * @throws what `queryRows` throws
 */
export async function queryBytes(
  nodes: Nodes,
  query: string,
  params: Readonly<Record<string, unknown>>,
  bounds: QueryBounds,
  settings: ClickHouseSettings,
): Promise<Buffer[]> {
  return await asked(query, nodes, bounds, async (client, signal, waitedMs) => {
    const limited = settingsOf(bounds, waitedMs);
    const { stream } = await client.exec({
      query,
      query_params: params,
      ...endingWith(signal),
      clickhouse_settings: { ...limited, ...settings, ...ENDS_WITH_ITS_CONNECTION },
    });
    return (await stream.toArray(signal === undefined ? {} : { signal })) as Buffer[];
  });
}

type Request<T> = Parameters<typeof Nodes.prototype.use<T>>[0];

/** In characters. */
const MAX_SPAN_TEXT = 4096;

/** In a span of its own. The text of the query has no values in it. Throws what `queryRows` throws. */
async function asked<T>(query: string, nodes: Nodes, bounds: QueryBounds, request: Request<T>): Promise<T> {
  const attributes = {
    'db.system.name': 'clickhouse',
    'db.operation.name': 'SELECT',
    'db.query.text': query.slice(0, MAX_SPAN_TEXT),
  };
  try {
    return await inSpan('SELECT', { kind: SpanKind.CLIENT, attributes }, async () => nodes.use(request));
  } catch (error) {
    throw asAnswer(error, bounds);
  }
}

/** What whoever asked is told of an error of ClickHouse's. */
function asAnswer(error: unknown, bounds: QueryBounds): AppError {
  if (error instanceof AppError) return error;
  const limit = limitHit(error);
  if (limit !== undefined) return tooExpensive(limit, bounds, error);
  if (refusesSelect(error)) return new AppError('internal', messageOf(error), { cause: error });
  return new AppError('unavailable', 'ClickHouse is unavailable', { cause: error, retryAfterS: 1 });
}

function settingsOf(bounds: QueryBounds, waitedMs: number): ClickHouseSettings {
  const { limits } = bounds;
  if (bounds.endsAtMs !== undefined) bounds.endsAtMs += waitedMs;
  return {
    max_execution_time: secondsLeft(bounds),
    timeout_overflow_mode: 'throw',
    max_memory_usage: String(limits.maxMemoryBytes),
    max_rows_to_read: String(limits.maxRowsRead),
    read_overflow_mode: 'throw',
    max_result_bytes: String(limits.maxResultBytes),
    result_overflow_mode: 'throw',
    // What is counted beside an answer is counted in the same rows.
    enable_shared_storage_snapshot_in_query: 1,
    // Numbers come as numbers: what is counted and microseconds are below 2^53; what may be more is asked for as text.
    output_format_json_quote_64bit_integers: 0,
    // So that a limit that is hit while rows are on their way is still an error, and not half an answer.
    wait_end_of_query: 1,
  };
}

/** More than none, which would be no limit. */
function secondsLeft(bounds: QueryBounds): number {
  const { limits, endsAtMs = Infinity } = bounds;
  const leftMs = Math.floor(endsAtMs - performance.now());
  if (leftMs < 1) throw tooExpensive('time', bounds);
  return Math.min(limits.maxSeconds, leftMs / 1000);
}

function tooExpensive(limit: QueryLimit, { limits, narrower }: QueryBounds, cause?: unknown): AppError {
  const needs: Readonly<Record<QueryLimit, string>> = {
    time: `more than ${limits.maxSeconds} s`,
    memory: `more than ${limits.maxMemoryBytes} bytes of memory`,
    'rows read': `to read more than ${limits.maxRowsRead} rows`,
    'size of the result': `an answer of more than ${limits.maxResultBytes} bytes`,
    'size of the query': 'a larger query than ClickHouse takes',
  };
  const message = `received a question that needs ${needs[limit]}, expected ${narrower}`;
  return new AppError('too_expensive', message, { cause });
}
