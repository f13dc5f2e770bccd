import { parse, stringify } from 'node:querystring';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { AppError } from '../../../server/common/errors.ts';
import { parseAnalyticsEvent } from '../../../server/events/analytics-event.ts';
import { MAX_TIMESTAMP_MS } from '../../../server/events/event.ts';
import type { Query } from '../../../server/events/query-parameters.ts';
import { RecordQuery } from '../../../server/http/ingest/analytics-schemas.ts';
import { HourQuery, HoursQuery } from '../../../server/http/routes/analytics-schemas.ts';
import { parameterReader } from '../../../server/http/operation/parameters.ts';
import { thrownBy } from '../../support/thrown.ts';

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

function issuesOf(run: () => unknown) {
  return thrownBy(run).issues.map(({ path, message }) => `${path}: ${message}`);
}

describe('The documented parameters of GET /analytics', () => {
  const read = parameterReader(HourQuery);

  it('take every timestamp from the epoch to the end of 2099', () => {
    for (const timestamp of [0, 1_609_495_200_001, 4_102_444_799_999])
      expect(read(parse(`timestamp=${timestamp}`))).to.deep.equal({ timestamp });
  });

  const bad: Readonly<Record<string, string>> = {
    '': 'nothing',
    'timestamp=': '""',
    'timestamp=4102444800000': '"4102444800000"',
    'timestamp=1&timestamp=1': '["1","1"]',
    'timestamp=-1': '"-1"',
    'timestamp=1.0': '"1.0"',
    'timestamp=yesterday': '"yesterday"',
  };
  for (const [query, received] of Object.entries(bad)) {
    it(`refuse "${query}", saying what came and what was expected`, () => {
      expect(issuesOf(() => read(parse(query)))).to.deep.equal([
        `timestamp: received ${received}, expected a whole number of milliseconds since the epoch, from 0 to ${MAX_TIMESTAMP_MS}`,
      ]);
    });
  }
});

describe('The documented parameters of GET /analytics/hours', () => {
  const read = parameterReader(HoursQuery);
  const EXPECTED = 'expected ISO 8601 or milliseconds since the epoch, from 1970 to 2099';
  const bad: Readonly<Record<string, string>> = {
    '': 'nothing',
    'from=': '""',
    'from=2021-01-01&from=2021-01-02': '["2021-01-01","2021-01-02"]',
    'from=yesterday': '"yesterday"',
    'from=-1': '"-1"',
    'from=1.5': '"1.5"',
    'from=2021-02-30': '"2021-02-30"',
    'from=2021-01-01T24:00:00Z': '"2021-01-01T24:00:00Z"',
    'from=1969-12-31T23:59:59.999999Z': '"1969-12-31T23:59:59.999999Z"',
    'from=2100-01-01': '"2100-01-01"',
    'from=4102444800000': '"4102444800000"',
  };
  for (const [query, received] of Object.entries(bad)) {
    it(`refuse "${query}" for \`from\`, saying what came and what was expected`, () => {
      expect(issuesOf(() => read(parse(`${query}&to=2021-01-01`)))).to.deep.equal([
        `from: received ${received}, ${EXPECTED}`,
      ]);
    });
  }

  it('are both reported when both are wrong', () => {
    expect(issuesOf(() => read(parse('from=a&to=b')))).to.deep.equal([
      `from: received "a", ${EXPECTED}`,
      `to: received "b", ${EXPECTED}`,
    ]);
  });
});

describe('The documented parameters of POST /analytics', () => {
  it('are those that it takes, but for the clock and exactly one of click and impression', () => {
    const clock = { nowMs: MAX_TIMESTAMP_MS, maxFutureMs: Number.MAX_SAFE_INTEGER - MAX_TIMESTAMP_MS };
    const bySchema = parameterReader(RecordQuery);
    fc.assert(
      fc.property(queries(['timestamp', 'user', 'click', 'impression', 'event', 'event_id']), (query) => {
        const found = (read: (query: Query) => unknown) =>
          refused(read, query).filter((path) => !isAboutCount(query, path));
        expect(found(bySchema)).to.have.members(found((given) => parseAnalyticsEvent(given, clock)));
      }),
      { numRuns: 3000, seed: 1 },
    );
  });
});

const NAMES: readonly string[] = ['click', 'impression', 'event'];

/** Whether a finding is, or may be, that not exactly one name is given. */
function isAboutCount(query: Query, path: string): boolean {
  const count = NAMES.flatMap((name) => query[name] ?? []).length;
  return NAMES.includes(path) && count !== 1;
}
