import { expect } from 'chai';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventually } from '../../support/http/outcome.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

describe('The id of a click', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp();
  });
  after(async () => service.remove());

  const post = async (query: string, ...idempotencyKeys: readonly string[]) =>
    fetch(`${service.url}/analytics?${query}`, {
      method: 'POST',
      headers: idempotencyKeys.map((key): [string, string] => ['Idempotency-Key', key]),
    });

  it('is the one that its sender gives by parameter or header, and one click counts once', async () => {
    const hour = Date.UTC(2024, 5, 1, 7);
    const query = `timestamp=${hour}&user=ada&click`;
    for (const answer of [
      await post(`${query}&event_id=first`),
      await post(query, 'first'),
      await post(`${query}&event_id=first`, 'first'),
      await post(query, 'second'),
      await post(query),
    ]) {
      expect([answer.status, await answer.text()]).to.deep.equal([204, '']);
    }
    await eventually(async () => {
      const answer = await fetch(`${service.url}/analytics?timestamp=${hour}`);
      expect(await answer.text()).to.equal('unique_users,1\nclicks,3\nimpressions,0\n');
    });
    const rows = await rowsOf<{ event_id: string }>(
      testEndpoint(),
      service.database,
      'SELECT DISTINCT event_id FROM events',
    );
    const ids = rows.map(({ event_id: id }) => id);
    const made = ids.find((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/.test(id));
    expect(ids).to.have.members(['first', 'second', made]);
  });

  it('is one: two different ones, and one that is repeated, are refused', async () => {
    const query = `timestamp=${Date.now()}&user=ada&click`;
    expect((await post(`${query}&event_id=a`, 'a')).status).to.equal(204);
    expect((await post(`${query}&event_id=a`, 'b')).status).to.equal(400);
    expect((await post(`${query}&event_id=a&event_id=a`)).status).to.equal(400);
  });

  it('is named in the answer when it is none', async () => {
    const query = `timestamp=${Date.now()}&user=ada&click`;
    const problems: readonly (readonly [Response, string])[] = [
      [await post(`${query}&event_id=`), 'event_id'],
      [await post(`${query}&event_id=${'x'.repeat(257)}`), 'event_id'],
      [await post(query, 'x'.repeat(257)), 'Idempotency-Key'],
      [await post(query, '\u00ff'), 'Idempotency-Key'],
    ];
    for (const [answer, path] of problems) {
      expect(answer.status).to.equal(400);
      const { errors } = (await answer.json()) as { errors: readonly { readonly path: string }[] };
      expect(errors.map((error) => error.path)).to.deep.equal([path]);
    }
  });
});
