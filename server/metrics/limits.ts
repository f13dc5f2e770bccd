import { Gauge, type Registry } from 'prom-client';
import type { Config } from '../config/config.ts';

/** How the gauges of several workers become one: limits of each process add up, those of one request do not. */
type Scope = 'sum' | 'max';

/** Every configured limit as a metric, so that alerts can be shares of it. */
export function limitMetrics(registry: Registry, config: Config): void {
  const { journal, admission, live, questions, cache } = config;
  const limit = (name: string, value: number, scope: Scope, help: string) => {
    const gauge = new Gauge({
      name: `clickhour_limit_${name}`,
      help: `Limit: ${help}`,
      aggregator: scope,
      registers: [],
    });
    gauge.set(value);
    registry.registerMetric(gauge);
  };
  limit('journal_bytes', journal.maxBytes, 'sum', 'bytes in the journal; above it events are refused');
  limit('journal_pending_bytes', journal.pendingMaxBytes, 'sum', 'bytes of rows that wait for the disk');
  limit('segment_bytes', journal.segmentMaxBytes, 'max', 'bytes of a segment, which bounds one INSERT');
  limit('batch_wait_seconds', journal.batchMaxWaitMs / 1000, 'max', 'sustained seconds between two INSERTs');
  limit('body_bytes', config.maxBodyBytes, 'max', 'bytes of one body, decompressed');
  limit('bodies_bytes', config.bodiesMaxBytes, 'sum', 'bytes of all bodies that are being read');
  limit('request_seconds', config.requestTimeoutMs / 1000, 'max', 'seconds in which a request must have come');
  limit('connections', config.maxConnections, 'sum', 'open connections');
  limit('live_readers', live.maxReaders, 'sum', 'readers of streams');
  limit('future_seconds', config.maxFutureMs / 1000, 'max', 'seconds that a timestamp may be ahead');
  limit('question_seconds', questions.maxSeconds, 'max', 'seconds of one question');
  limit('question_memory_bytes', questions.maxMemoryBytes, 'max', 'memory of one question in ClickHouse');
  limit('question_rows', questions.maxRowsRead, 'max', 'rows that one question reads');
  limit('question_result_bytes', questions.maxResultBytes, 'max', 'bytes of the answer to one question');
  limit('cache_hours', cache.maxHours, 'sum', 'hours that keep their counts between questions');
  limit('long_turn_seconds', admission.longTurnMs / 1000, 'max', 'seconds of a turn of the event loop before overload');
}
