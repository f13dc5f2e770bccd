import { expect } from 'chai';
import { AppError } from '../../../server/common/errors.ts';
import { decodeCursor, encodeCursor } from '../../../server/queries/sql/cursor.ts';

const question = ['events', 'asc', 'a session', null];
const position = { timestampUs: 1_609_492_527_243_860, receivedAtUs: 1_609_492_528_000_001, eventId: 'e' };

const made = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

describe('A cursor', () => {
  it('gives back the position it was made of', () => {
    for (const eventId of ['', 'e', '日本語 👩‍🚀', '"quoted"', '\u0000', 'x'.repeat(256)]) {
      const cursor = encodeCursor({ ...position, eventId }, question);
      expect(cursor).to.match(/^[\w-]+$/);
      expect(decodeCursor(cursor, question)).to.deep.equal({ ...position, eventId });
    }
  });

  it('is refused by any other question', () => {
    const cursor = encodeCursor(position, question);
    for (const other of [['events', 'desc', 'a session', null], ['events', 'asc', null, 'a session'], []]) {
      expect(() => decodeCursor(cursor, other)).to.throw(AppError, 'cursor: received');
    }
  });

  it('is refused when it is cut, changed or made up', () => {
    const cursor = encodeCursor(position, question);
    const [check] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [string];
    const wrong = [
      '',
      '0',
      'null',
      '!!!',
      cursor.slice(0, -4),
      `A${cursor}`,
      made(check, 1, 2),
      made(check, -1, 2, 'e'),
      made(check, 1.5, 2, 'e'),
      made(check, '1', 2, 'e'),
      made(check, 1, 2 ** 53, 'e'),
      made(check, 1, 2, 3),
      made(check, 1, 2, 'e', 5),
    ];
    for (const text of wrong) {
      expect(() => decodeCursor(text, question), text).to.throw(AppError, 'expected the next_cursor of');
    }
  });
});
