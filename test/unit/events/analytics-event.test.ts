import { parse } from 'node:querystring';
import { expect } from 'chai';
import { parseAnalyticsEvent, type Accompaniment } from '../../../server/events/analytics-event.ts';
import { thrownBy } from '../../support/thrown.ts';

const NOW_MS = 1_700_000_000_000;
const MAX_FUTURE_MS = 300_000;
const LATEST_MS = NOW_MS + MAX_FUTURE_MS;

/** As Koa reads the query string of a request. */
function parsed(query: string, accompaniment: Accompaniment = {}) {
  return parseAnalyticsEvent(parse(query), { nowMs: NOW_MS, maxFutureMs: MAX_FUTURE_MS }, accompaniment);
}

function issuesOf(query: string, accompaniment: Accompaniment = {}) {
  const error = thrownBy(() => parsed(query, accompaniment));
  expect(error.code).to.equal('invalid');
  for (const { path, message } of error.issues) expect(error.message).to.include(`${path}: ${message}`);
  return error.issues.map(({ path, message }) => `${path}: ${message}`);
}

const RANGE = `a whole number of milliseconds since the epoch, from 0 to now + ${MAX_FUTURE_MS}`;

/** As Node gives a header: a character a byte. */
function header(text: string): string {
  return Buffer.from(text).toString('latin1');
}

const ONE_TEXT = 'one text of 1 to 256 characters in UTF-8';

describe('parseAnalyticsEvent', () => {
  it('reads each documented way to name a click or an impression', () => {
    const names: Record<string, string> = {
      click: 'click',
      impression: 'impression',
      'click=': 'click',
      'click=1': 'click',
      'impression=true': 'impression',
      'event=click': 'click',
      'event=impression': 'impression',
    };
    for (const [flag, name] of Object.entries(names)) {
      expect(parsed(`timestamp=${NOW_MS}&user=ada&${flag}`)).to.deep.equal({
        timestampUs: NOW_MS * 1000,
        application: '',
        sessionId: '',
        user: 'ada',
        category: 'analytics',
        name,
        data: '{}',
        eventId: undefined,
      });
    }
  });

  it('takes every timestamp from the epoch up to exactly the limit', () => {
    for (const ms of [0, 1, NOW_MS, LATEST_MS]) {
      expect(parsed(`timestamp=${ms}&user=ada&click`).timestampUs).to.equal(ms * 1000);
    }
  });

  const badTimestamps: Record<string, string> = {
    [`timestamp=${LATEST_MS + 1}`]: `"${LATEST_MS + 1}" at ${NOW_MS}`,
    'timestamp=': '""',
    '': 'nothing',
    'timestamp=1&timestamp=2': '["1","2"]',
    'timestamp=-1': '"-1"',
    'timestamp=1.5': '"1.5"',
    'timestamp=1e3': '"1e3"',
    'timestamp=%2B1': '"+1"',
    'timestamp=%201': '" 1"',
    'timestamp=1%0A': '"1\\n"',
    'timestamp=0x10': '"0x10"',
    'timestamp=now': '"now"',
    'timestamp=NaN': '"NaN"',
    'timestamp=Infinity': '"Infinity"',
    'timestamp=99999999999999999': '"99999999999999999"',
    'timestamp=2021-01-01T00:00:00Z': '"2021-01-01T00:00:00Z"',
  };
  for (const [parameter, received] of Object.entries(badTimestamps)) {
    it(`refuses the timestamp of "${parameter}", saying what came and what was expected`, () => {
      expect(issuesOf(`${parameter}&user=ada&click`)).to.deep.equal([
        `timestamp: received ${received}, expected ${RANGE}`,
      ]);
    });
  }

  const badUsers: Record<string, string> = {
    '': 'nothing',
    'user=ada&user=bob': '["ada","bob"]',
    'user=': '""',
    user: '""',
    'user=%FF%FE': '"\uFFFD\uFFFD"',
    'user=%ED%A0%80': '"\uFFFD\uFFFD\uFFFD"',
  };
  for (const [parameter, received] of Object.entries(badUsers)) {
    it(`refuses the user of "${parameter}", saying what came and what was expected`, () => {
      expect(issuesOf(`timestamp=${NOW_MS}&${parameter}&click`)).to.deep.equal([
        `user: received ${received}, expected ${ONE_TEXT}`,
      ]);
    });
  }

  it('counts the characters of a user, not their UTF-16 units: 256 are taken, 257 refused', () => {
    for (const character of ['a', 'é', '漢', '🦊']) {
      const longest = character.repeat(256);
      const query = (user: string) => `timestamp=${NOW_MS}&user=${encodeURIComponent(user)}&click`;
      expect(parsed(query(longest)).user).to.equal(longest);
      const issues = issuesOf(query(longest + character));
      expect(issues).to.have.length(1);
      expect(issues[0]).to.match(
        /^user: received ".+… \(257 characters\), expected one text of 1 to 256 characters in UTF-8$/,
      );
    }
  });

  it('keeps a hostile user name as it is', () => {
    const user = `'"\\\u0000\n\u2028<script>🦊{{}}`;
    expect(parsed(`timestamp=0&user=${encodeURIComponent(user)}&click`).user).to.equal(user);
  });

  const badNames: Record<string, readonly string[]> = {
    '': ['event: received neither, expected exactly one of click or impression'],
    'click&impression': ['event: received "click and impression", expected exactly one of click or impression'],
    'click&click': ['event: received "click and click", expected exactly one of click or impression'],
    'click&event=click': ['event: received "click and click", expected exactly one of click or impression'],
    'event=click&event=impression': [
      'event: received "click and impression", expected exactly one of click or impression',
    ],
    'event=foo': ['event: received "foo", expected click or impression'],
    'event=': ['event: received "", expected click or impression'],
    'event=Click': ['event: received "Click", expected click or impression'],
    'click=0': ['click: received "0", expected the name alone, without a value'],
    'impression=no': ['impression: received "no", expected the name alone, without a value'],
  };
  for (const [parameters, issues] of Object.entries(badNames)) {
    it(`refuses the event of "${parameters}", saying what came and what was expected`, () => {
      expect(issuesOf(`timestamp=${NOW_MS}&user=ada&${parameters}`)).to.deep.equal(issues);
    });
  }

  describe('with an id', () => {
    const QUERY = `timestamp=${NOW_MS}&user=ada&click`;
    const idOf = (query: string, ...idempotencyKeys: string[]) =>
      parsed(`${QUERY}${query}`, { idempotencyKeys }).eventId;
    const issuesWith = (query: string, ...idempotencyKeys: string[]) =>
      issuesOf(`${QUERY}${query}`, { idempotencyKeys });

    it('takes it as the parameter, as the header, or as both where they are the same', () => {
      expect(idOf('')).to.equal(undefined);
      expect(idOf('&event_id=a-1')).to.equal('a-1');
      expect(idOf('', 'a-1')).to.equal('a-1');
      expect(idOf('&event_id=a-1', 'a-1')).to.equal('a-1');
      expect(idOf('&event_id=%C3%A9', header('é'))).to.equal('é');
      expect(idOf('', 'a, b')).to.equal('a, b');
      for (const longest of ['x'.repeat(256), '🦊'.repeat(256)]) {
        expect(idOf(`&event_id=${encodeURIComponent(longest)}`)).to.equal(longest);
        expect(idOf('', header(longest))).to.equal(longest);
      }
    });

    it('refuses two different ones, naming both', () => {
      expect(issuesWith('&event_id=a', 'b')).to.deep.equal([
        'event_id: received "a", and "b" as Idempotency-Key, expected the same in both, or one of them',
      ]);
    });

    it('refuses one that is repeated, also with the same value', () => {
      const wrong = `received ["a","a"], expected ${ONE_TEXT}`;
      expect(issuesWith('&event_id=a&event_id=a')).to.deep.equal([`event_id: ${wrong}`]);
      expect(issuesWith('', 'a', 'a')).to.deep.equal([`Idempotency-Key: ${wrong}`]);
    });

    it('refuses one that is empty, too long, or no UTF-8', () => {
      const long = 'x'.repeat(257);
      for (const [parameter, header] of [
        ['', ''],
        [long, long],
        ['%FF', '\u00ff'],
      ] as const) {
        for (const issues of [issuesWith(`&event_id=${parameter}`), issuesWith('', header)]) {
          expect(issues).to.have.length(1);
          expect(issues[0])
            .to.match(/^(event_id|Idempotency-Key): received "/)
            .and.to.contain(ONE_TEXT);
        }
      }
    });
  });

  it('reports every wrong parameter at once', () => {
    const paths = thrownBy(() => parsed('timestamp=x&event=foo')).issues.map(({ path }) => path);
    expect(paths).to.deep.equal(['timestamp', 'user', 'event']);
  });

  it('keeps its messages short, however long the values that came', () => {
    const long = 'x'.repeat(5000);
    for (const issue of issuesOf(`timestamp=${long}&user=${long}&event=${long}&event=${long}&click=${long}`)) {
      expect(issue.length).to.be.below(300);
    }
  });
});
