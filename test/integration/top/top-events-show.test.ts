import { expect } from 'chai';
import { getJson } from '../../support/http/pages.ts';
import { NOW, startTopService, type Given, type Top, type TopService } from '../../support/server/top-service.ts';

describe('What GET /events/top shows of a key', () => {
  let service: TopService;

  beforeEach(async () => {
    service = await startTopService();
  });
  afterEach(async () => service.remove());

  const post = async (...events: readonly Given[]) => service.post(...events);
  const urlOf = (query: string) => service.urlOf(query);
  const top = async (query: string) => (await getJson<Top>(urlOf(query))).top;

  it('shows what the latest event of a key has at each path, in its own type', async () => {
    const deep = { x: [1, 'a', null], y: {} };
    await post(
      { name: 'a', timestamp: NOW - 1, data: { text: 'é "', n: 1.5, yes: true, none: null, deep } },
      { name: 'a', timestamp: NOW - 2, data: { text: 'old', n: 2, missing: 'only in the earlier one' } },
      { name: 'b', timestamp: NOW - 1, data: '{"n":12345678901234567}' },
    );
    const paths = 'text,n,yes,none,deep,missing,text'.split(',').map((name) => `data.${name}`);
    const answer = await (await fetch(urlOf(`show=${paths.join(',')}`))).text();
    const [first] = (JSON.parse(answer) as Top).top;
    expect(first).to.deep.equal({
      key: 'a',
      count: 2,
      'data.text': 'é "',
      'data.n': 1.5,
      'data.yes': true,
      'data.none': null,
      'data.deep': deep,
      'data.missing': null,
    });
    expect(answer).to.contain('"data.n":12345678901234567,"data.yes":null');
  });

  it('shows what belongs to a key, whatever the key and the id of the event are', async () => {
    const texts = ["O'Brien", "\\'", '\t\n\r\0\b', "\"[(1, 'a')]", '👩‍🚀', '', ' ', 'NULL', 'x'.repeat(300_000)];
    const ids = texts.map((text, n) => `${n} ${text}`.slice(0, 250));
    await post(...texts.map((key, n) => ({ event_id: ids[n], data: { key, n } })));
    const shown = (await top('by=data.key&show=data.n')).map(({ key, 'data.n': n }) => [key, n]);
    expect(shown).to.have.deep.members(texts.map((key, n) => [key, n]));
  });

  it('shows 100 keys whose events have the longest ids', async () => {
    const events = Array.from({ length: 100 }, (_, n) => ({
      name: `n${n}`,
      event_id: `${100 + n}${'👩'.repeat(253)}`,
      data: { n },
    }));
    await post(...events);
    const shown = (await top('limit=100&show=data.n')).map(({ key, 'data.n': n }) => [key, n]);
    expect(shown).to.have.deep.members(events.map(({ name, data }) => [name, data.n]));
  });

  it('shows the latest event of those that count', async () => {
    await post(
      { timestamp: NOW - 2, data: { id: 1, ok: 'y', at: 'first' } },
      { timestamp: NOW - 1, data: { id: 2, ok: 'n', at: 'second' } },
    );
    const [shown] = await top('unique=data.id&where=data.ok:y&show=data.at');
    expect(shown).to.deep.equal({ key: 'n', count: 1, 'data.at': 'first' });
  });
});
