import { createHash } from 'node:crypto';
import { invalid, show } from '../../common/errors.ts';
import { jsonOf } from '../../common/json.ts';

/** The place of a row in its order: by when it happened, then by arrival. Whole microseconds since the epoch. */
export interface Position {
  readonly timestampUs: number;
  readonly receivedAtUs: number;
  /** Tells apart what two servers received in the same microsecond. */
  readonly eventId: string;
}

/**
 * The page of rows of which one more was asked for than it may have, and its cursor.
 * @param question that the cursor belongs to
 */
export function paged<Row extends Position>(rows: readonly Row[], limit: number, question: unknown) {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { page, nextCursor: last === undefined ? null : encodeCursor(last, question) };
}

/**
 * The text with which the next page is asked for: where the last one ended, and a check of the question it belongs to.
 * Nothing is secret in it, and nothing is gained by making one up.
 * @param question everything but the limit, as a JSON value
 */
export function encodeCursor({ timestampUs, receivedAtUs, eventId }: Position, question: unknown): string {
  const parts = [checkOf(question), timestampUs, receivedAtUs, eventId];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @throws AppError `invalid` when it is not the cursor of an answer to the same question */
export function decodeCursor(cursor: string, question: unknown): Position {
  const parts = jsonOf(Buffer.from(cursor, 'base64url').toString());
  if (Array.isArray(parts) && parts.length === 4 && parts[0] === checkOf(question)) {
    const [, timestampUs, receivedAtUs, eventId]: readonly unknown[] = parts;
    if (isTime(timestampUs) && isTime(receivedAtUs) && typeof eventId === 'string') {
      return { timestampUs, receivedAtUs, eventId };
    }
  }
  const expected = 'the next_cursor of an answer to the same question: the same path, filters and order';
  throw invalid([{ path: 'cursor', message: `received ${show(cursor)}, expected ${expected}` }]);
}

function checkOf(question: unknown): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('base64url').slice(0, 8);
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
