import { ClickHouseError } from '@clickhouse/client';
import { messageOf } from '../common/errors.ts';

/**
 * What a failed request to ClickHouse means for whoever sent it.
 * - `server`: the server or the network is not ready; the same request can succeed later.
 * - `schema`: the tables, or the server, are not as rows are written for; it waits for a person, and loses nothing.
 * - `request`: this request's own bytes or SQL are refused; another request can still succeed.
 */
export type FailureClass = 'server' | 'schema' | 'request';

/** A failure of this service's own making, that says itself what it means. */
export class ClassifiedError extends Error {
  readonly failureClass: FailureClass;

  constructor(failureClass: FailureClass, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = new.target.name;
    this.failureClass = failureClass;
  }
}

/** A request was not sent, because ClickHouse does not answer or what was found there speaks against it. */
export class NotReady extends ClassifiedError {}

/**
 * Codes with which ClickHouse refuses rows for what is in them. Measured on 26.7: with a row of a wrong type, a row that
 * is cut off, a row that breaks a constraint.
 * Source: src/Common/ErrorCodes.cpp of ClickHouse.
 */
const ROW_CODES: ReadonlySet<string> = new Set([
  '6', // CANNOT_PARSE_TEXT
  '26', // CANNOT_PARSE_QUOTED_STRING
  '27', // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  '38', // CANNOT_PARSE_DATE
  '41', // CANNOT_PARSE_DATETIME
  '69', // ARGUMENT_OUT_OF_BOUND
  '72', // CANNOT_PARSE_NUMBER
  '117', // INCORRECT_DATA
  '130', // CANNOT_READ_ARRAY_FROM_TEXT
  '131', // TOO_LARGE_STRING_SIZE
  '190', // SIZES_OF_ARRAYS_DONT_MATCH
  '321', // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  '349', // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  '407', // DECIMAL_OVERFLOW
  '467', // CANNOT_PARSE_BOOL
  '469', // VIOLATED_CONSTRAINT
  '675', // CANNOT_PARSE_IPV4
  '676', // CANNOT_PARSE_IPV6
  '691', // UNKNOWN_ELEMENT_OF_ENUM
]);

/** Codes with which ClickHouse refuses the statement itself, whatever rows come with it. */
const STATEMENT_CODES: ReadonlySet<string> = new Set([
  '53', // TYPE_MISMATCH
  '62', // SYNTAX_ERROR
  '636', // CANNOT_EXTRACT_TABLE_STRUCTURE
]);

/**
 * Codes with which ClickHouse says that a table or column is not there. An unknown column in rows has the code 117 of
 * wrong data (measured), so whoever judges rows must compare the columns first.
 */
const SCHEMA_CODES: ReadonlySet<string> = new Set([
  '8', // THERE_IS_NO_COLUMN
  '10', // NOT_FOUND_COLUMN_IN_BLOCK
  '16', // NO_SUCH_COLUMN_IN_TABLE
  '20', // NUMBER_OF_COLUMNS_DOESNT_MATCH
  '47', // UNKNOWN_IDENTIFIER
  '60', // UNKNOWN_TABLE
  '81', // UNKNOWN_DATABASE
  '122', // INCOMPATIBLE_COLUMNS
]);

/**
 * Codes with which ClickHouse refuses a SELECT for what it says, and would refuse it again. Whether a column is there is
 * not among them: that is a state of the tables, which migrations change.
 */
const SELECT_CODES: ReadonlySet<string> = new Set([
  '36', // BAD_ARGUMENTS
  '42', // NUMBER_OF_ARGUMENTS_DOESNT_MATCH
  '43', // ILLEGAL_TYPE_OF_ARGUMENT
  '44', // ILLEGAL_COLUMN
  '46', // UNKNOWN_FUNCTION
  '48', // NOT_IMPLEMENTED
  '49', // LOGICAL_ERROR
  '50', // UNKNOWN_TYPE
  '63', // UNKNOWN_AGGREGATE_FUNCTION
  '70', // CANNOT_CONVERT_TYPE
  '73', // UNKNOWN_FORMAT
  '115', // UNKNOWN_SETTING
  '153', // ILLEGAL_DIVISION
  '179', // MULTIPLE_EXPRESSIONS_FOR_ALIAS
  '184', // ILLEGAL_AGGREGATION
  '207', // AMBIGUOUS_IDENTIFIER
  '215', // NOT_AN_AGGREGATE
  '258', // UNION_ALL_RESULT_STRUCTURES_MISMATCH
  '352', // AMBIGUOUS_COLUMN_NAME
  '386', // NO_COMMON_TYPE
  '403', // INVALID_JOIN_ON_EXPRESSION
  '427', // CANNOT_COMPILE_REGEXP
  '456', // UNKNOWN_QUERY_PARAMETER
  '457', // BAD_QUERY_PARAMETER
]);

/** Whether ClickHouse refuses a SELECT for what it says, so that asking again is in vain: the fault is here. */
export function refusesSelect(error: unknown): boolean {
  return classify(error) === 'request' || SELECT_CODES.has(codeOf(error) ?? '');
}

/** All codes that are in no list, known or not, are taken for the server's state: waiting loses nothing. */
export function classify(error: unknown): FailureClass {
  if (error instanceof ClassifiedError) return error.failureClass;
  const code = codeOf(error) ?? '';
  if (SCHEMA_CODES.has(code)) return 'schema';
  return refusesRows(error) || STATEMENT_CODES.has(code) ? 'request' : 'server';
}

/** Whether ClickHouse refuses an INSERT for what is in its rows, so that with other rows it could succeed. */
export function refusesRows(error: unknown): boolean {
  return ROW_CODES.has(codeOf(error) ?? '');
}

/** Codes that say how the server is, whatever rows come. Tried again, they pass or a person sees to them. */
const STATE_CODES: ReadonlySet<string> = new Set([
  '164', // READONLY
  '201', // QUOTA_EXCEEDED
  '202', // TOO_MANY_SIMULTANEOUS_QUERIES
  '203', // NO_FREE_CONNECTION
  '209', // SOCKET_TIMEOUT
  '210', // NETWORK_ERROR
  '225', // NO_ZOOKEEPER
  '236', // ABORTED: it is shutting down
  '242', // TABLE_IS_READ_ONLY
  '243', // NOT_ENOUGH_SPACE
  '252', // TOO_MANY_PARTS
  '279', // ALL_CONNECTION_TRIES_FAILED
  '394', // QUERY_WAS_CANCELLED
  '452', // SETTING_CONSTRAINT_VIOLATION
  '497', // ACCESS_DENIED
  '516', // AUTHENTICATION_FAILED
  '999', // KEEPER_EXCEPTION
]);

/**
 * The client's error for a request that was not answered in time has no code, and nothing else of its own. What this service
 * makes of one, as of its check before an INSERT, has the same words.
 */
const TIMEOUT = 'Timeout error.';

/**
 * Whether the rows of an INSERT that failed may be why: ClickHouse answered with an error that does not speak of its own
 * state, or did not answer in time. Too many files, columns or partitions, or too much memory, has many codes.
 */
export function mayBeTheRows(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined)
    return error instanceof Error && !(error instanceof ClassifiedError) && error.message === TIMEOUT;
  return classify(error) !== 'schema' && !STATE_CODES.has(code);
}

/** The limits of a query that ClickHouse may say were hit. */
export type QueryLimit = 'time' | 'memory' | 'rows read' | 'size of the result' | 'size of the query';

const LIMIT_CODES: ReadonlyMap<string | undefined, QueryLimit> = new Map([
  ['158', 'rows read'], // TOO_MANY_ROWS
  ['159', 'time'], // TIMEOUT_EXCEEDED
  ['160', 'time'], // TOO_SLOW: it is estimated to take too long
  ['167', 'size of the query'], // TOO_DEEP_AST
  ['168', 'size of the query'], // TOO_BIG_AST
  ['241', 'memory'], // MEMORY_LIMIT_EXCEEDED
  ['306', 'size of the query'], // TOO_DEEP_RECURSION
  ['307', 'rows read'], // TOO_MANY_BYTES
  ['396', 'size of the result'], // TOO_MANY_ROWS_OR_BYTES
]);

/** How ClickHouse says that the memory of all queries is used up, of which any one may have been small. */
const MEMORY_OF_ALL = /\((?:total|for user)\)|^User memory limit/;

/** Which limit a query was ended for; undefined when it failed for another reason. */
export function limitHit(error: unknown): QueryLimit | undefined {
  const limit = LIMIT_CODES.get(codeOf(error));
  return limit === 'memory' && MEMORY_OF_ALL.test(messageOf(error)) ? undefined : limit;
}

/** ClickHouse's own error code, such as `'60'`; undefined when the failure was not reported by ClickHouse. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof ClickHouseError ? error.code : undefined;
}
