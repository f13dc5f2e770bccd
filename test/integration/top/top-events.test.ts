import { expect } from 'chai';
import { getJson, getProblem } from '../../support/http/pages.ts';
import { NOW, startTopService, type Given, type Top, type TopService } from '../../support/server/top-service.ts';

const MINUTE = 60_000;

function repeated(count: number, given: Given): Given[] {
  return Array.from({ length: count }, () => given);
}

/** A query that asks for all of these conditions. */
function where(...conditions: readonly string[]): string {
  return conditions.map((condition) => `where=${encodeURIComponent(condition)}`).join('&');
}

function rsvp(id: number, response: string, timestamp: number): Given {
  return { timestamp, data: { rsvp_id: id, response, event: { id: 'e' } } };
}

describe('GET /events/top', () => {
  let service: TopService;

  beforeEach(async () => {
    service = await startTopService();
  });
  afterEach(async () => service.remove());

  const post = async (...events: readonly Given[]) => service.post(...events);
  const urlOf = (query: string) => service.urlOf(query);
  const top = async (query: string) => (await getJson<Top>(urlOf(query))).top;
  /** `key=count` of each, in order. */
  const counts = async (query: string) => (await top(query)).map(({ key, count }) => `${key}=${count}`);

  it('is an empty list when nothing is stored, and says when it was made', async () => {
    expect(await getJson(urlOf(''))).to.deep.equal({
      generated_at: '2024-05-17T12:00:00.000000Z',
      top: [],
    });
  });

  it('counts by name unless asked otherwise, the largest first, ties by the bytes of the key', async () => {
    await post(
      ...repeated(3, { name: 'b' }),
      ...['é', 'a', 'Z', '10', '9', '👩'].map((name) => ({ name })),
      ...repeated(2, { name: 'z' }),
    );
    expect(await counts('')).to.deep.equal(['b=3', 'z=2', '10=1', '9=1', 'Z=1', 'a=1', 'é=1', '👩=1']);
    expect(await counts('limit=2')).to.deep.equal(['b=3', 'z=2']);
  });

  it('gives ten keys unless asked for another number, up to 100', async () => {
    await post(...Array.from({ length: 120 }, (_, n) => ({ name: `n${n}` })));
    expect(await top('')).to.have.length(10);
    expect(await top('limit=100')).to.have.length(100);
  });

  it('counts by category, session and user; who has no user has no key', async () => {
    await post(
      { category: 'x', session_id: 's1', user: 'ada' },
      { category: 'x', session_id: 's2', user: 'ada' },
      { category: 'y', session_id: 's1' },
    );
    expect(await counts('by=category')).to.deep.equal(['x=2', 'y=1']);
    expect(await counts('by=session_id')).to.deep.equal(['s1=2', 's2=1']);
    expect(await counts('by=user')).to.deep.equal(['ada=2']);
  });

  it('filters by category, name and time, from inclusive and to exclusive', async () => {
    await post(
      { category: 'x', name: 'a', timestamp: NOW - 3 },
      { category: 'x', name: 'b', timestamp: NOW - 2 },
      { category: 'y', name: 'a', timestamp: NOW - 1 },
    );
    expect(await counts('by=category&name=a')).to.deep.equal(['x=1', 'y=1']);
    expect(await counts('category=x')).to.deep.equal(['a=1', 'b=1']);
    expect(await counts(`from=${NOW - 2}&to=${NOW - 1}`)).to.deep.equal(['b=1']);
    expect(await counts(`category=x&name=a&to=${NOW - 3}`)).to.deep.equal([]);
  });

  it('takes a window up to now, by the clock of the service', async () => {
    const hour = 60 * MINUTE;
    const ages = [0, 15 * MINUTE, 15 * MINUTE + 1, hour, hour + 1, 24 * hour, 24 * hour + 1];
    await post(...ages.map((age) => ({ timestamp: NOW - age })));
    expect(await counts('window=15m')).to.deep.equal(['n=2']);
    expect(await counts('window=1h')).to.deep.equal(['n=4']);
    expect(await counts('window=24h')).to.deep.equal(['n=6']);
    expect(await counts('')).to.deep.equal(['n=7']);
    expect(await counts(`window=1h&to=${NOW - 15 * MINUTE}`)).to.deep.equal(['n=2']);
    expect(await counts(`window=15m&to=${NOW - hour}`)).to.deep.equal([]);
  });

  it('counts by a path; text and number alike, and nothing for what is missing, null or no object', async () => {
    await post(
      { data: { a: { b: '5' } } },
      { data: { a: { b: 5 } } },
      { data: '{"a" : { "b" : 9007199254740993 } }' },
      { data: '{"a":{"b":18446744073709551615}}' },
      { data: { a: { b: true } } },
      { data: { a: { b: 'null' } } },
      { data: { a: { b: '' } } },
      { data: { a: { b: 'x "y"\n é' } } },
      { data: { a: { b: [1, { c: 'd' }] } } },
      { data: { a: { b: null } } },
      { data: { a: {} } },
      { data: { a: 'b' } },
      { data: { b: 1 } },
    );
    expect(await counts('by=data.a.b')).to.deep.equal([
      '5=2',
      '=1',
      '18446744073709551615=1',
      '9007199254740993=1',
      '[1,{"c":"d"}]=1',
      'null=1',
      'true=1',
      'x "y"\n é=1',
    ]);
  });

  it('finds nothing in data that ClickHouse cannot read, and still counts its event by name', async () => {
    await post(
      { data: '{"a":1,"x":1e999}' },
      { data: '{"a":1,"x":18446744073709551616}' },
      { data: '{"a":1,"x":"\\ud800"}' },
      { data: '{"a":1}' },
    );
    expect(await counts('by=data.a')).to.deep.equal(['1=1']);
    expect(await counts('unique=data.a')).to.deep.equal(['n=4']);
  });

  it('holds events against every condition, as text, from the first colon on', async () => {
    await post(
      { name: 'url', data: { u: 'http://x:80/', n: 1 } },
      { name: 'big', data: '{"u":9007199254740993,"n":1}' },
      { name: 'near', data: '{"u":9007199254740992,"n":1}' },
      { name: 'empty', data: { u: '', n: 1 } },
      { name: 'null', data: { u: null } },
      { name: 'quoted', data: { u: "' OR 1=1 --\\\t" } },
    );
    expect(await counts(where('data.u:http://x:80/'))).to.deep.equal(['url=1']);
    expect(await counts(where('data.u:9007199254740993'))).to.deep.equal(['big=1']);
    expect(await counts(where('data.u:'))).to.deep.equal(['empty=1']);
    expect(await counts(where('data.u:null'))).to.deep.equal([]);
    expect(await counts(where("data.u:' OR 1=1 --\\\t"))).to.deep.equal(['quoted=1']);
    expect(await counts(where('data.n:1'))).to.deep.equal(['big=1', 'empty=1', 'near=1', 'url=1']);
    expect(await counts(where('data.n:1', 'data.u:'))).to.deep.equal(['empty=1']);
    expect(await counts(where('data.n:1', 'data.n:2'))).to.deep.equal([]);
  });

  it('leaves the latest of those that share a value before it holds them against conditions', async () => {
    await post(
      rsvp(1, 'yes', NOW - 9),
      rsvp(1, 'no', NOW - 8),
      rsvp(2, 'no', NOW - 9),
      rsvp(2, 'yes', NOW - 8),
      rsvp(3, 'yes', NOW - 7),
      rsvp(3, 'yes', NOW - 7),
    );
    const query = 'by=data.event.id&unique=data.rsvp_id';
    expect(await counts(`${query}&where=data.response:yes`)).to.deep.equal(['e=2']);
    expect(await counts(query)).to.deep.equal(['e=3']);
    // One that comes late is no later than what it is about.
    await post(rsvp(1, 'yes', NOW - 10), rsvp(2, 'no', NOW - 10));
    expect(await counts(`${query}&where=data.response:yes`)).to.deep.equal(['e=2']);
    // Filters come first: of what is left, the latest counts.
    expect(await counts(`${query}&where=data.response:yes&to=${NOW - 8}`)).to.deep.equal(['e=1']);
  });

  it('takes the later arrival for the latest when both happened at once', async () => {
    for (const answer of ['yes', 'no']) await post({ data: { id: 1, answer } });
    expect(await counts('by=data.answer&unique=data.id')).to.deep.equal(['no=1']);
  });

  it('does not take the key of an earlier event when the latest has none', async () => {
    await post({ timestamp: NOW - 2, data: { id: 1, key: 'old' } }, { timestamp: NOW - 1, data: { id: 1 } });
    expect(await counts('by=data.key&unique=data.id')).to.deep.equal([]);
  });

  it('counts each event that has no value to share', async () => {
    const one = { event_id: 'of two events', timestamp: NOW - 5 };
    await post(one, { ...one, timestamp: NOW - 6 }, { data: { id: null } }, { data: { id: 1 } }, { data: { id: 1 } });
    expect(await counts('unique=data.id')).to.deep.equal(['n=4']);
  });

  const hostile = ['data', 'event_id', 'data.', 'data.-a', "data.a') OR 1=1 --", 'data.a`', 'data.1', ''];
  const bad: readonly (readonly [query: Record<string, string> | string, parameter: string])[] = [
    ...hostile.flatMap((path) => [
      [{ by: path }, 'by'] as const,
      [{ unique: path }, 'unique'] as const,
      [{ where: `${path}:x` }, 'where'] as const,
      [{ show: path }, 'show'] as const,
      [{ show: `data.a,${path}` }, 'show'] as const,
    ]),
    [{ by: `data${'.a'.repeat(11)}` }, 'by'],
    [{ by: `data.${'a'.repeat(65)}` }, 'by'],
    [{ unique: 'name' }, 'unique'],
    [{ where: 'data.a' }, 'where'],
    ['where=data.a:b&where=x', 'where'],
    [Array(11).fill('where=data.a:b').join('&'), 'where'],
    [{ show: Array(21).fill('data.a').join(',') }, 'show'],
    ['by=name&by=user', 'by'],
    [{ window: '2h' }, 'window'],
    [{ window: '1h', from: '0' }, 'window'],
    [{ from: 'x' }, 'from'],
    [{ from: '2', to: '1' }, 'to'],
    [{ limit: '0' }, 'limit'],
    [{ limit: '101' }, 'limit'],
    [{ category: '' }, 'category'],
  ];
  it('refuses what is not a question, and names the parameter', async () => {
    for (const [given, parameter] of bad) {
      const query = typeof given === 'string' ? given : new URLSearchParams(given).toString();
      const { status, errors } = await getProblem(urlOf(query));
      expect(status, query).to.equal(400);
      expect(errors?.map(({ path }) => path)).to.deep.equal([parameter]);
      expect(errors?.[0]?.message).to.match(/^received [^]+, expected .+/);
    }
  });
});
