import type { ClickHouseClient } from '@clickhouse/client';
import { AppError, messageOf } from '../errors.ts';
import { classify } from './errors.ts';

/** No question of the HTTP API may keep ClickHouse busy for longer. */
const MAX_EXECUTION_S = 10;

/**
 * Runs one SELECT with its values bound as `{name:Type}` parameters, and returns its rows.
 * @throws AppError `unavailable` when ClickHouse cannot answer now, `internal` when it refuses the query
 */
export async function queryRows<Row>(
  client: ClickHouseClient,
  query: string,
  params: Readonly<Record<string, unknown>>,
): Promise<Row[]> {
  try {
    const result = await client.query({
      query,
      query_params: params,
      format: 'JSONEachRow',
      clickhouse_settings: { max_execution_time: MAX_EXECUTION_S },
    });
    return await result.json<Row>();
  } catch (error) {
    if (classify(error) === 'request') throw new AppError('internal', messageOf(error), { cause: error });
    throw new AppError('unavailable', 'ClickHouse cannot be asked at the moment', {
      cause: error,
      retryAfterS: 1,
    });
  }
}
