import { expect } from 'chai';
import { apiKey, ownKey } from '../../support/http/api-keys.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const APPLICATIONS = ['shop', 'bank'] as const;
const CLICKS = { shop: 2, bank: 3 };
const HOUR_MS = Date.UTC(2024, 4, 17, 12);

const RANGE = `from=${HOUR_MS}&to=${HOUR_MS + 2 * 3_600_000}`;

/** Every question that takes an application, of each kind of answer; one more parameter may follow. */
const WITH_APPLICATION = [
  '/events?',
  '/events?where=data.of:bank',
  '/sessions/shared?',
  '/users/bank?order=desc',
  '/categories/shared?',
  '/events/rejected?',
  '/events/rejected/summary?',
  '/events/top?',
  '/events/top?measure=users',
  '/events/top?by=data.of&show=data.of',
  `/events/series?${RANGE}`,
  `/events/series?${RANGE}&by=name`,
  `/events/series?${RANGE}&measure=users`,
  `/events/series?${RANGE}&where=data.of:bank`,
  '/events/funnel?step=click&step=click',
  '/events/retention?first=click',
  `/events/retention?first=click&${RANGE}`,
  '/events/export?',
  '/events/export?format=csv&order=desc',
  '/events/export?format=parquet',
];

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

describe('With keys that read their own events alone', () => {
  let service: TestApp;

  const keys = [...APPLICATIONS, 'idle'].map((application) => ownKey(`${application}-key`, application, 'read'));

  before(async () => {
    service = await startTestApp({
      trust: { keys: [...keys, apiKey('desk-key', 'desk', 'read')], networks: [], proxies: [] },
    });
    const { database } = service;
    for (const application of APPLICATIONS) {
      const event = { application, timestamp: HOUR_MS * 1000 };
      const clicks = Array.from({ length: CLICKS[application] }, (_, click) =>
        eventRow({ ...event, category: 'analytics', name: 'click', user: application, event_id: `${click}` }),
      );
      const other = { category: 'shared', session_id: 'shared', name: application };
      const shared = eventRow({ ...event, ...other, data: `{"of":"${application}"}` });
      await insertRows(database, 'events', [...clicks, shared]);
      const rejection = {
        received_at: Date.now() * 1000,
        event_id: application,
        reason: 'shape',
        errors: '[]',
      };
      await insertRows(database, 'rejected_events', [{ ...rejection, application, payload: application }]);
    }
  });
  after(async () => service.remove());

  const read = async (key: string, path: string) => {
    const headers = { ...bearer(key), 'Cache-Control': 'no-cache' };
    const answer = await fetch(`${service.url}${path}`, { headers });
    expect(answer.status, path).to.equal(200);
    // Without what differs each time; each byte of a file is a character.
    return Buffer.from(await answer.arrayBuffer())
      .toString('latin1')
      .replace(/"generated_at":"[^"]*"/, '');
  };

  it('answers no question with what another application sent', async () => {
    for (const path of [
      '/events',
      '/events?session_id=shared',
      '/sessions/shared',
      '/categories/shared',
      '/events/names',
      '/events/rejected',
      '/events/top',
      '/events/top?by=data.of&show=data.of',
    ]) {
      expect(await read('desk-key', path), path)
        .to.contain('shop')
        .and.to.contain('bank');
      expect(await read('shop-key', path), path)
        .to.contain('shop')
        .and.not.to.contain('bank');
      expect(await read('bank-key', path), path)
        .to.contain('bank')
        .and.not.to.contain('shop');
    }
    const { categories } = JSON.parse(await read('shop-key', '/categories')) as {
      categories: { category: string; events: number }[];
    };
    expect(categories.map(({ category, events }) => [category, events])).to.deep.equal([
      ['analytics', 2],
      ['shared', 1],
    ]);
  });

  it('counts in every hour what its own application sent', async () => {
    const from = new Date(HOUR_MS).toISOString();
    expect(await read('shop-key', `/analytics?timestamp=${HOUR_MS}`)).to.equal(
      'unique_users,1\nclicks,2\nimpressions,0\n',
    );
    expect(await read('desk-key', `/analytics?timestamp=${HOUR_MS}`)).to.contain('clicks,5\n');
    const hours = await read('bank-key', `/analytics/hours?from=${from}&to=${HOUR_MS + 1}`);
    expect(hours).to.contain('"unique_users":1,"clicks":3');
  });

  it('answers as if another application had sent nothing, when it is asked for by name', async () => {
    for (const path of WITH_APPLICATION) {
      const answerTo = async (key: string, application: string) => read(key, `${path}${application}`);
      const nothing = await answerTo('idle-key', '');
      expect(await answerTo('shop-key', '&application=bank'), path).to.equal(nothing);
      expect(await answerTo('shop-key', '&application='), path).to.equal(nothing);
      expect(await answerTo('bank-key', '&application=bank'), path)
        .to.equal(await answerTo('bank-key', ''))
        .and.not.to.equal(nothing);
    }
  });

  it('streams to each what is its own, from feeds that are not shared', async () => {
    const shown = await Promise.all(['desk-key', 'shop-key', 'bank-key'].map(async (key) => firstOf(service, key)));
    expect(shown).to.deep.equal([['bank', 'shop'], ['shop'], ['bank']]);
    expect(await firstOf(service, 'shop-key', '&application=bank')).to.deep.equal([]);
  });

  it('tells them nothing of the service as a whole', async () => {
    const answer = await fetch(`${service.url}/metrics`, { headers: bearer('shop-key') });
    expect(answer.status).to.equal(403);
    expect((await fetch(`${service.url}/metrics`, { headers: bearer('desk-key') })).status).to.equal(200);
  });
});

/** The names in the first answer of a stream. */
async function firstOf({ url }: TestApp, key: string, application = ''): Promise<readonly string[]> {
  const answer = await fetch(`${url}/events/top/stream?by=name&category=shared${application}`, {
    headers: { ...bearer(key), Accept: 'application/x-ndjson' },
  });
  const reader = (answer.body ?? new ReadableStream<Uint8Array>()).getReader();
  let text = '';
  while (!text.includes('}\n')) text += Buffer.from((await reader.read()).value ?? []).toString();
  await reader.cancel();
  const { top } = JSON.parse(text) as { top: { key: string }[] };
  return top.map(({ key: name }) => name);
}
