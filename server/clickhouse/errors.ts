import { ClickHouseError } from '@clickhouse/client';

/**
 * What a failed request to ClickHouse means for whoever sent it.
 * - `server`: the server, the network or the schema is not ready; the same request can succeed later.
 * - `request`: this request's own bytes or SQL are refused; another request can still succeed.
 */
export type FailureClass = 'server' | 'request';

/**
 * Codes with which ClickHouse refuses what it was given, whatever state it is in. All others, known or not, are taken
 * for the server's state, because waiting loses nothing.
 * Source: src/Common/ErrorCodes.cpp of ClickHouse.
 */
const REQUEST_CODES: ReadonlySet<string> = new Set([
  '6', // CANNOT_PARSE_TEXT
  '26', // CANNOT_PARSE_QUOTED_STRING
  '27', // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  '38', // CANNOT_PARSE_DATE
  '41', // CANNOT_PARSE_DATETIME
  '53', // TYPE_MISMATCH
  '62', // SYNTAX_ERROR
  '69', // ARGUMENT_OUT_OF_BOUND
  '72', // CANNOT_PARSE_NUMBER
  '117', // INCORRECT_DATA
  '131', // TOO_LARGE_STRING_SIZE
  '190', // SIZES_OF_ARRAYS_DONT_MATCH
  '321', // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  '349', // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  '407', // DECIMAL_OVERFLOW
  '467', // CANNOT_PARSE_BOOL
  '636', // CANNOT_EXTRACT_TABLE_STRUCTURE
]);

export function classify(error: unknown): FailureClass {
  return REQUEST_CODES.has(codeOf(error) ?? '') ? 'request' : 'server';
}

/** The limits of a query that ClickHouse may say were hit. */
export type QueryLimit = 'time' | 'memory' | 'rows read' | 'size of the result';

const LIMIT_CODES: ReadonlyMap<string | undefined, QueryLimit> = new Map([
  ['158', 'rows read'], // TOO_MANY_ROWS
  ['159', 'time'], // TIMEOUT_EXCEEDED
  ['160', 'time'], // TOO_SLOW: it is estimated to take too long
  ['241', 'memory'], // MEMORY_LIMIT_EXCEEDED
  ['396', 'size of the result'], // TOO_MANY_ROWS_OR_BYTES
]);

/** Which limit a query was ended for; undefined when it failed for another reason. */
export function limitHit(error: unknown): QueryLimit | undefined {
  return LIMIT_CODES.get(codeOf(error));
}

/** ClickHouse's own error code, such as `'60'`; undefined when the failure was not reported by ClickHouse. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof ClickHouseError ? error.code : undefined;
}
