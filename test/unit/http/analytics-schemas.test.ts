import { parse, stringify } from 'node:querystring';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { AppError } from '../../../server/common/errors.ts';
import { parseAnalyticsEvent } from '../../../server/events/analytics-event.ts';
import { MAX_TIMESTAMP_MS } from '../../../server/events/event.ts';
import { parseHour, parseHours } from '../../../server/events/hours.ts';
import type { Query } from '../../../server/events/parameters.ts';
import { RecordQuery } from '../../../server/http/ingest/analytics-schemas.ts';
import { HourQuery, HoursQuery } from '../../../server/http/routes/analytics-schemas.ts';
import { parameterReader } from '../../../server/http/operation/parameters.ts';

/** Values that a parser may take for something they are not. */
const value = fc.oneof(
  fc.constantFrom('', '0', '1', 'true', '-1', '1.5', '1e3', '0x1f', ' 1', '+1', 'click', 'impression', 'view'),
  fc.constantFrom('4102444799999', '4102444800000', '9007199254740993', '12345678901234567', '2024-02-30'),
  fc.constantFrom('2024-01-01', '2024-01-01T00:00:00 02:00', '2024-01-01T00:00:00Z', '1969-12-31', '2100-01-01'),
  fc.constantFrom('x'.repeat(256), 'x'.repeat(257), '👩'.repeat(256), '👩'.repeat(257), '\uFFFD', 'line\nbreak'),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.nat().map(String),
);
const given = fc.oneof(
  { weight: 6, arbitrary: value },
  fc.array(value, { minLength: 2, maxLength: 2 }),
  fc.constant(undefined),
);

function queries(names: readonly string[]): fc.Arbitrary<Query> {
  return fc.record(Object.fromEntries(names.map((name) => [name, given]))).map((values) => {
    const known = Object.entries(values).filter(([, value]) => value !== undefined);
    return parse(stringify(Object.fromEntries(known)));
  });
}

/** The parameters that are refused; none when the query is taken. */
function refused(read: (query: Query) => unknown, query: Query): readonly string[] {
  try {
    read(query);
    return [];
  } catch (error) {
    if (error instanceof AppError) return [...new Set(error.issues.map(({ path }) => path))];
    throw error;
  }
}

/** Runs both readers on queries; `beyondSchema` are findings that no schema can make. */
function expectSame(
  names: readonly string[],
  byHand: (query: Query) => unknown,
  bySchema: (query: Query) => unknown,
  beyondSchema: (query: Query, path: string) => boolean = () => false,
): void {
  fc.assert(
    fc.property(queries(names), (query) => {
      const found = refused(byHand, query).filter((path) => !beyondSchema(query, path));
      const declared = refused(bySchema, query).filter((path) => !beyondSchema(query, path));
      expect(declared).to.have.members(found);
    }),
    { numRuns: 3000, seed: 1 },
  );
}

describe('The documented parameters of the hot paths', () => {
  it('are those that GET /analytics takes', () => {
    expectSame(['timestamp'], parseHour, parameterReader(HourQuery));
  });

  it('are those that GET /analytics/hours takes, but for how far they are apart', () => {
    const readHours = parameterReader(HoursQuery);
    const areTimes = (query: Query) => refused(readHours, query).length === 0;
    expectSame(['from', 'to'], parseHours, readHours, (query, path) => path === 'to' && areTimes(query));
  });

  it('are those that POST /analytics takes, but for the clock and exactly one of click and impression', () => {
    const clock = { nowMs: MAX_TIMESTAMP_MS, maxFutureMs: Number.MAX_SAFE_INTEGER - MAX_TIMESTAMP_MS };
    expectSame(
      ['timestamp', 'user', 'click', 'impression', 'event', 'event_id'],
      (query) => parseAnalyticsEvent(query, clock),
      parameterReader(RecordQuery),
      (query, path) => isAboutCount(query, path),
    );
  });
});

const NAMES: readonly string[] = ['click', 'impression', 'event'];

/** Whether a finding is, or may be, that not exactly one name is given. */
function isAboutCount(query: Query, path: string): boolean {
  const count = NAMES.flatMap((name) => query[name] ?? []).length;
  return NAMES.includes(path) && count !== 1;
}
