import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { NDJSON, postEvents } from '../../support/http/events-api.ts';
import { eventually } from '../../support/http/outcome.ts';
import { runImport } from '../../support/server/run-import.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const START_MS = Date.UTC(2026, 4, 1);
const DATA = ['{}', '{"n": 1.0,"big":18446744073709551617,"n":2}', '{"a":"x,\\"y\\"\\u0041/é","b":{"c":[null]}}'];
const COUNT = 600;

/** With and without an application, a user, a session, and an id of their own. */
function lines(): string[] {
  return Array.from({ length: COUNT }, (_, at) => {
    const event = {
      name: ['a,"b"', 'n'][at % 2],
      ...(at % 3 === 0 ? { application: 'shop' } : {}),
      ...(at % 4 === 0 ? {} : { session_id: `s'\\ ${at % 9}` }),
      ...(at % 5 === 0 || at % 4 === 0 ? {} : { user: `日本 ${at % 7}` }),
      ...(at % 6 === 0 ? { event_id: `e "${at}"` } : {}),
      timestamp: new Date(START_MS + at * 61_000).toISOString().replace('Z', '123Z'),
    };
    return `${JSON.stringify(event).slice(0, -1)},"data":${DATA[at % DATA.length]}}`;
  });
}

describe('npm run import, of what GET /events/export gives', function importExport() {
  this.timeout(60_000);
  let service: TestApp;
  let directory: TempDir;

  before(async () => {
    directory = await tempDir();
    service = await startTestApp();
    const { status, body } = await postEvents(service.url, lines().join('\n'), NDJSON);
    expect(status, JSON.stringify(body)).to.equal(202);
    await eventually(async () => expect(await rowsOf(service.url)).to.have.length(COUNT));
  });
  after(async () => {
    await service.remove();
    await directory.remove();
  });

  for (const [format, option] of [
    ['ndjson', 'events'],
    ['csv', 'csv'],
  ] as const) {
    it(`changes nothing in the service it is from, and is the same in an empty one (${format})`, async () => {
      const exported = await get(service.url, `/events/export?format=${format}`);
      const numbers = await numbersOf(service.url);
      const rows = await rowsOf(service.url);
      const file = path.join(directory.path, `events.${format}`);
      await writeFile(file, exported);
      const sendTo = async (url: string) => {
        const { exitCode, stdout, stderr } = await runImport(file, '--format', option, '--url', url);
        expect(exitCode, stderr).to.equal(0);
        expect(stdout).to.include(`${COUNT} accepted, 0 rejected, 0 unparsable`);
      };
      const empty = await startTestApp();
      try {
        await sendTo(empty.url);
        await sendTo(service.url);
        await eventually(async () =>
          expect(withoutArrival(await rowsOf(empty.url))).to.have.deep.members(withoutArrival(rows)),
        );
        await eventually(async () => expect(await get(service.url, '/health')).to.match(/"segments":0/));
        expect(await numbersOf(service.url)).to.deep.equal(numbers);
        expect(await rowsOf(service.url)).to.deep.equal(rows);
      } finally {
        await empty.remove();
      }
    });
  }
});

async function get(url: string, query: string): Promise<string> {
  const answer = await fetch(`${url}${query}`, { headers: { 'Cache-Control': 'no-cache' } });
  expect(answer.status).to.equal(200);
  return await answer.text();
}

async function rowsOf(url: string): Promise<string[]> {
  return (await get(url, '/events/export?format=ndjson')).split('\n').filter((line) => line !== '');
}

/** What is counted, in every way. */
async function numbersOf(url: string): Promise<string[]> {
  const range = `from=${START_MS}&to=${START_MS + COUNT * 61_000}`;
  const measures = ['events', 'users', 'sessions'].map(
    (measure) => `/events/series?measure=${measure}&by=name&${range}`,
  );
  const queries = [...measures, `/analytics/hours?${range}`, '/categories', '/events/names'];
  return await Promise.all(queries.map(async (query) => get(url, query)));
}

function withoutArrival(rows: readonly string[]): string[] {
  return rows.map((row) => row.replace(/"received_at":"[^"]*",/, ''));
}
