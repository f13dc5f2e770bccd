import { CloudEvent, HTTP, type Message } from 'cloudevents';
import { expect } from 'chai';
import { eventText, postEvents } from '../../support/http/events-api.ts';
import { listed } from '../../support/http/listed.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const TEXT = { 'Content-Type': 'text/plain;charset=UTF-8' };

const made = (id: string, more: object = {}) =>
  new CloudEvent({
    id,
    source: '/shop/%C3%BC?1',
    type: 'com.example.paid',
    subject: 'ann € x',
    time: '2026-01-02T03:04:05.678Z',
    data: { amount: 1.5, nested: { ü: ['€'] } },
    ...more,
  });

describe('POST /events as text/plain', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp();
  });
  after(async () => service.remove());

  it('takes an object on one line or on many, an array, and lines', async () => {
    const one = eventText({ session_id: 'text' });
    const bodies: readonly [text: string, events: number][] = [
      [one, 1],
      [`\ufeff ${one}\n`, 1],
      [JSON.stringify(JSON.parse(one), undefined, 2), 1],
      [`\n[${one},\n${one}]`, 2],
      [`${one}\n\n${one}\r\n${one}`, 3],
      [`${one}\n`.repeat(2), 2],
    ];
    for (const [text, events] of bodies) {
      const { status, body } = await postEvents(service.url, text, TEXT);
      expect({ status, body }, text).to.deep.equal({ status: 202, body: { accepted: events, rejected: [] } });
    }
  });

  it('judges lines one by one, and JSON as a whole', async () => {
    const lines = await postEvents(service.url, `{"name":}\n${eventText()}\nnonsense`, TEXT);
    expect(lines.status).to.equal(202);
    expect(lines.body.rejected?.map(({ index }) => index)).to.deep.equal([0, 2]);
    for (const text of [`[${eventText()},{"name":}]`, '{\n"name":\n}', 'nonsense', '', '{"name":"a"']) {
      expect((await postEvents(service.url, text, TEXT)).status, text).to.equal(400);
    }
  });
});

describe('POST /events with CloudEvents', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp();
  });
  after(async () => service.remove());

  const send = async ({ headers, body }: Message) => {
    const { 'content-type': type = 'application/json', ...others } = headers;
    const sent = Object.entries({ 'Content-Type': type, ...others }).map(([name, value]) => [name, String(value)]);
    return await postEvents(service.url, String(body), Object.fromEntries(sent) as Record<string, string>);
  };

  it('takes those that the package sends, binary, structured and batched', async () => {
    const batch = {
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: JSON.stringify([made('b1'), made('b2')]),
    };
    for (const [message, accepted] of [
      [encoded(HTTP.binary(made('binary'))), 1],
      [HTTP.structured(made('structured')), 1],
      [batch, 2],
    ] as const) {
      const { status, body } = await send(message);
      expect({ status, body }).to.deep.equal({ status: 202, body: { accepted, rejected: [] } });
    }
    const events = await listed(service.url, 'name=com.example.paid', 4);
    expect(events.map(({ event_id }) => event_id)).to.have.members(['binary', 'structured', 'b1', 'b2']);
    for (const { event_id: _, ...event } of events) {
      expect(event).to.deep.include({
        category: '/shop/%C3%BC?1',
        user: 'ann € x',
        session_id: 'ann € x',
        timestamp: '2026-01-02T03:04:05.678000Z',
        data: { amount: 1.5, nested: { ü: ['€'] } },
      });
    }
  });

  it('keeps the exact text of the data', async () => {
    const data = '{ "n":1.0, "e" : 1e2 }';
    const structured = `{"specversion":"1.0","id":"x1","source":"s","type":"exact","data": ${data} }`;
    await postEvents(service.url, structured, { 'Content-Type': 'application/cloudevents+json; charset=utf-8' });
    await postEvents(service.url, `${data}\n`, attributes({ id: 'x2', type: 'exact' }));
    await listed(service.url, 'name=exact', 2);
    const text = await (await fetch(`${service.url}/events?name=exact`)).text();
    expect(text.split(data)).to.have.length(3);
  });

  it('puts now, no user and {} for what is absent', async () => {
    const before = Date.now();
    expect((await postEvents(service.url, '', attributes({ type: 'bare' }))).status).to.equal(202);
    const structured = JSON.stringify({ specversion: '1.0', id: 'y', source: 's', type: 'bare' });
    const cloudEvents = { 'Content-Type': 'application/cloudevents+json' };
    expect((await postEvents(service.url, structured, cloudEvents)).status).to.equal(202);
    const events = await listed(service.url, 'name=bare', 2);
    expect(events).to.have.length(2);
    for (const { user = '', session_id, data, timestamp } of events) {
      expect([user, session_id, data]).to.deep.equal(['', '', {}]);
      expect(Date.parse(timestamp)).to.be.within(before - 1, Date.now() + 1);
    }
  });

  it('rejects what is no CloudEvent, and data that is no object, each by itself', async () => {
    const good = { specversion: '1.0', id: 'g', source: 's', type: 'good' };
    const bad = [
      { ...good, specversion: '0.3' },
      { ...good, id: undefined },
      { ...good, type: '' },
      { ...good, id: 5 },
      { ...good, data: 'text' },
      { ...good, data_base64: 'AAAA' },
      { ...good, time: 'yesterday' },
      7,
    ];
    const batch = JSON.stringify([...bad, good]);
    const answer = await postEvents(service.url, batch, { 'Content-Type': 'application/cloudevents-batch+json' });
    expect(answer.status).to.equal(202);
    expect(answer.body).to.deep.include({ accepted: 1 });
    expect(answer.body.rejected?.map(({ errors }) => errors[0]?.path)).to.deep.equal([
      'specversion',
      'id',
      'type',
      'id',
      'data',
      'data_base64',
      'time',
      '',
    ]);
    for (const [body, headers] of [
      ['[1]', attributes({})],
      ['text', attributes({})],
      ['{},{}', attributes({})],
      ['{}', { 'ce-id': 'x', 'ce-source': 's', 'ce-type': 't' }],
      ['[{]', { 'Content-Type': 'application/cloudevents-batch+json' }],
    ] as const) {
      expect((await postEvents(service.url, body, headers)).status, body).to.equal(400);
    }
  });
});

function attributes({ id = 'id', type = 'type' }: { readonly id?: string; readonly type?: string }) {
  return { 'ce-specversion': '1.0', 'ce-id': id, 'ce-source': 's', 'ce-type': type };
}

/** The package leaves it to the sender to make ASCII of the headers, as the HTTP binding says. */
function encoded({ headers, body }: Message): Message {
  const ascii = Object.entries(headers).map(([name, value]) => [
    name,
    String(value).replaceAll(/[^!#-$&-~]/gu, encodeURIComponent),
  ]);
  return { headers: Object.fromEntries(ascii) as Message['headers'], body };
}
