import { expect } from 'chai';
import { eventText, postEvents } from '../../support/http/events-api.ts';
import { eventually } from '../../support/http/outcome.ts';
import { allPages, getJson, type ShownPage } from '../../support/http/pages.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const SESSION = 'e2085be5-9137-4e4e-80b5-f1ffddc25423';
const TIME = '"timestamp":"2021-01-01 09:15:27.243860"';
const DATAS = [
  '{"host":"www.example.com","path":"/"}',
  '{"host":"www.example.com", "path":"/","element":"chat bubble","n":12345678901234567890,"x":1e999}',
  '{"host":"www.example.com","path":"/","form":{"first_name":"John","last_name":"\\ud800"},"form":null}',
];
const [PAGEVIEW, CLICK, SUBMIT] = DATAS.map(
  (data, n) => `{"session_id":"${SESSION}","category":"made","name":"n${n}","data":${data},${TIME}}`,
);

describe('What POST /events took', () => {
  let service: TestApp;

  beforeEach(async () => {
    service = await startTestApp();
  });
  afterEach(async () => service.remove());

  const expectSession = async () => {
    const url = `${service.url}/sessions/${SESSION}`;
    await eventually(async () => {
      expect((await getJson<ShownPage>(url)).events).to.have.length(DATAS.length);
    }, 2000);
    const text = await (await fetch(url)).text();
    const { events } = JSON.parse(text) as ShownPage;
    expect(events.map(({ name }) => name)).to.deep.equal(['n0', 'n1', 'n2']);
    for (const { timestamp } of events) expect(timestamp).to.equal('2021-01-01T09:15:27.243860Z');
    for (const data of DATAS) expect(text).to.contain(`"data":${data},"timestamp"`);
  };

  it('comes back in the order of arrival when all happened at once: sent as one array', async () => {
    expect((await postEvents(service.url, `[${PAGEVIEW},${CLICK},${SUBMIT}]`)).status).to.equal(202);
    await expectSession();
  });

  it('comes back in the order of arrival when all happened at once: sent one by one', async () => {
    for (const event of [PAGEVIEW ?? '', CLICK ?? '', SUBMIT ?? '']) {
      expect((await postEvents(service.url, event)).status).to.equal(202);
    }
    await expectSession();
  });

  it('is given once over all pages while more of the same is posted', async () => {
    const ids = Array.from({ length: 60 }, (_, n) => `first-${n}`);
    const events = ids.map((event_id) => eventText({ event_id, session_id: 'busy' }));
    await postEvents(service.url, `[${events.join(',')}]`);
    const url = `${service.url}/sessions/busy?limit=7`;
    await eventually(async () => expect(await allPages(url)).to.have.length(ids.length));
    const seen = await allPages(url, async () => {
      await postEvents(service.url, eventText({ session_id: 'busy' }));
    });
    const first = seen.map(({ event_id }) => event_id).filter((id) => id.startsWith('first-'));
    expect(first).to.deep.equal(ids);
    expect(new Set(seen.map(({ event_id }) => event_id)).size).to.equal(seen.length);
  });

  it('and what it did not take is shown with its reason and its exact text', async () => {
    const payload = '{"session_id":"s", "category":"c","name":"n","data":[1e999],"timestamp":1}';
    const { status, body } = await postEvents(service.url, payload);
    expect(status).to.equal(400);
    await eventually(async () => {
      const { rejected } = await getJson<{ rejected: Record<string, unknown>[] }>(`${service.url}/events/rejected`);
      expect(rejected).to.have.length(1);
      expect(rejected[0]).to.include({ reason: 'shape', payload, application: '' });
      expect(rejected[0]?.['errors']).to.deep.equal(body.rejected?.[0]?.errors);
    });
  });
});
