import { expect } from 'chai';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

/** Each a JSON object that some parser, somewhere, changes. */
const TEXTS: readonly string[] = [
  '{}',
  '{ }',
  '{"a":null,"b":{},"c":[],"d":""}',
  '{"b":1,"a":2,"10":3,"9":4}',
  '{"a":1,"a":2,"a":1}',
  '{"a":{"b":1},"a.b":2}',
  '{"n":12345678901234567890123456789}',
  '{"n":-0,"m":0.1e1,"o":1.0,"p":1e999,"q":1E-400,"r":100000000000000000000.5}',
  '{"s":"\\ud800","t":"\\udc00\\ud800","u":"\\ud83d\\ude00"}',
  '{"\\ud800":1,"\\u0000":2,"\\u0061":3}',
  '{"s":"\\/ / \\b\\f\\n\\r\\t \\" \\\\ \\u2028 \\u007f"}',
  '{"s":"\u2028\u2029\u007f\u0085\ufeff\ufffd\uffff 👩‍🚀 é e\u0301"}',
  '{"date":"2021-01-01 09:15:27.243860","uuid":"00000000-0000-0000-0000-000000000000","t":"true"}',
  '{\n\t"pretty" : [ 1 , 2 ],\r\n  "x" : true }',
  '{"__proto__":{"a":1},"constructor":{"prototype":1},"toString":0}',
  '{"sql":"\'; DROP TABLE events; --","tpl":"{name:String}","tab":"\\\\t\\\\N"}',
  `{"deep":${'['.repeat(99)}${']'.repeat(99)}}`,
  `{"long":"${'x'.repeat(300_000)}"}`,
];

describe('The data of an event', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp();
    const rows = TEXTS.map((data, n) => eventRow({ event_id: `${n}`, session_id: 'hostile', received_at: n, data }));
    await insertRows(service.database, 'events', rows);
  });
  after(async () => service.remove());

  for (const path of ['/events?session_id=hostile', '/sessions/hostile', '/categories/page%20interaction']) {
    it(`comes back byte for byte: ${path}`, async () => {
      const text = await (await fetch(`${service.url}${path}`)).text();
      const datas = text
        .split('"name":"pageview","data":')
        .slice(1)
        .map((rest) => rest.slice(0, rest.lastIndexOf(',"timestamp":"')));
      expect(datas).to.deep.equal(TEXTS);
      expect(() => JSON.parse(text) as unknown).not.to.throw();
    });
  }

  it('comes back one by one, too', async () => {
    let path = '/events?limit=1';
    for (const data of TEXTS) {
      const text = await (await fetch(`${service.url}${path}`)).text();
      expect(text).to.contain(`"data":${data},"timestamp":"2024-05-17T00:00:00.000000Z"}]`);
      const { next_cursor: cursor } = JSON.parse(text) as { next_cursor: string };
      path = `/events?limit=1&cursor=${cursor}`;
    }
  });
});
