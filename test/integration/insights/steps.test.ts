import { expect } from 'chai';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { getJson, getProblem } from '../../support/http/pages.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const NOW_MS = Date.UTC(2024, 4, 17, 10);
const HOUR_MS = 3_600_000;

interface Funnel {
  readonly steps: readonly { readonly count: number }[];
}

interface Retention {
  readonly cohorts: readonly { readonly size: number; readonly returned: readonly number[] }[];
}

const funnelPath = (...steps: readonly string[]) =>
  `/events/funnel?${steps.map((step) => `step=${encodeURIComponent(step)}`).join('&')}`;

describe('A step whose category or name holds ::', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp({}, { nowMs: () => NOW_MS });
    const events = [
      ['arn:aws:s3:::my-bucket', 'Object::Created', 'u1'],
      ['arn:aws:s3:::my-bucket', 'Object::Removed', 'u1'],
      ['arn:aws:s3:::my-bucket', 'Object::Created', 'u2'],
      ['arn:aws:s3:::my-bucket', 'Object', 'u3'],
      // Written like the first.
      ['arn:aws:s3', ':my-bucket::Object::Created', 'u4'],
      ['a', 'b::c', 'u1'],
      ['a:', 'b', 'u1'],
      ['a', ':b', 'u2'],
      ['shop', 'Checkout::Started', 'u1'],
      ['shop', 'Checkout::Completed', 'u1'],
      ['shop', 'Checkout::Started', 'u2'],
      // Written like the name alone.
      ['Checkout', 'Completed', 'u2'],
      ['shop', '::', 'u3'],
      ['shop', '::after', 'u3'],
    ] as const;
    const rows = events.map(([category, name, user], index) =>
      eventRow({ timestamp: (NOW_MS - HOUR_MS + index) * 1000, event_id: `${index}`, category, name, user }),
    );
    await insertRows(service.database, 'events', rows);
  });
  after(async () => service.remove());

  const counts = async (...steps: readonly string[]) => {
    const funnel = await getJson<Funnel>(`${service.url}${funnelPath(...steps)}`);
    return funnel.steps.map(({ count }) => count);
  };

  it('is every event that is written like this', async () => {
    const created = 'arn:aws:s3:::my-bucket::Object::Created';
    expect(await counts(created, 'arn:aws:s3:::my-bucket::Object::Removed')).to.deep.equal([3, 1]);
    expect(await counts('a::b::c', 'a:::b')).to.deep.equal([1, 1]);
    expect(await counts('a:::b', 'nothing')).to.deep.equal([2, 0]);
    const path = `/events/retention?interval=day&periods=1&first=${encodeURIComponent(created)}`;
    const { cohorts } = await getJson<Retention>(`${service.url}${path}`);
    expect(cohorts.map(({ size, returned }) => [size, ...returned])).to.deep.equal([[3, 3]]);
  });

  it('is every event of this name, too', async () => {
    expect(await counts('Checkout::Started', 'Checkout::Completed')).to.deep.equal([2, 2]);
    expect(await counts('shop::Checkout::Started', 'shop::Checkout::Completed')).to.deep.equal([2, 1]);
    expect(await counts('::', '::after')).to.deep.equal([1, 1]);
    const { cohorts } = await getJson<Retention>(
      `${service.url}/events/retention?interval=day&periods=1&first=Checkout::Started&return=Checkout::Completed`,
    );
    expect(cohorts.map(({ size, returned }) => [size, ...returned])).to.deep.equal([[2, 2]]);
  });

  it('is refused where it could be too many', async () => {
    const { status, detail } = await getProblem(`${service.url}${funnelPath('n', `a${':'.repeat(12)}b`)}`);
    expect(status).to.equal(400);
    expect(detail).to.match(/^step: received "a:{12}b", expected at most 10 places with ::/);
    expect(await counts('n', `a${':'.repeat(11)}b`)).to.deep.equal([0, 0]);
  });
});
