import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { Closing } from '../../../server/closing.ts';
import { apiKey } from '../../support/http/api-keys.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventText, NDJSON, postEvents } from '../../support/http/events-api.ts';
import { eventually } from '../../support/http/outcome.ts';
import { rowsOf, totals } from '../../support/clickhouse/stored.ts';
import { closedDoor } from '../../support/server/tcp-door.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const EVENTS = 300;

describe('What is shipped again', () => {
  let closing: Closing;

  beforeEach(() => {
    closing = new Closing();
  });
  afterEach(async () => closing.close());

  async function data(): Promise<string> {
    const directory = await tempDir();
    closing.add('data', () => directory.remove());
    return directory.path;
  }

  const headers = { ...NDJSON, Authorization: 'Bearer k' };
  const trust = { keys: [apiKey('k', 'shop', 'write', 'read')], networks: [], proxies: [] };

  /** A journal with events and a rejection that no server has shipped, and the database that they are for. */
  async function unshipped(): Promise<{ readonly dataDir: string; readonly database: string }> {
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const dataDir = await data();
    const door = await closedDoor(testEndpoint().urls[0]);
    closing.add('door', () => door.close());
    const clickhouse = { ...testEndpoint(), urls: [door.url] as const };
    const service = await startTestApp({ dataDir, clickhouse, database: database.name, trust });
    const texts = Array.from({ length: EVENTS }, (_, index) =>
      eventText({ category: 'analytics', name: 'click', user: `u${index % 50 === 0 ? 'poison' : index}` }),
    );
    await postEvents(service.url, [...texts, '{"wrong":1}'].join('\n'), headers);
    await service.app.close();
    await service.remove();
    return { dataDir, database: database.name };
  }

  async function shipAll(dataDir: string, database: string): Promise<TestApp> {
    const service = await startTestApp({ dataDir, database, trust });
    closing.add('service', () => service.remove());
    await eventually(async () => {
      const text = await (await fetch(`${service.url}/metrics`, { headers })).text();
      expect(text).to.match(new RegExp(`^clickhour_events_recovered_total ${EVENTS}$`, 'm'));
      expect(text).to.match(/^clickhour_events_waiting 0$/m);
      expect(text).to.match(/^clickhour_rejected_events_waiting 0$/m);
      expect(text).to.match(/^clickhour_events_unaccounted 0$/m);
    }, 20_000);
    return service;
  }

  it('from a copy of a journal that was put back changes no number: not of events, and not of rejections', async function () {
    this.timeout(60_000);
    const { dataDir, database } = await unshipped();
    const again = await data();
    await cp(path.join(dataDir, 'journal'), path.join(again, 'journal'), { recursive: true });
    const first = await shipAll(dataDir, database);
    const poison = "ALTER TABLE events ADD CONSTRAINT c CHECK user != 'upoison'";
    const before = await totals(testEndpoint(), database);
    expect(before.raw.rows).to.equal(EVENTS);
    expect(before.view).to.deep.equal(before.raw);
    expect(await rejections(database)).to.equal(1);
    await first.app.close();

    const twice = await data();
    await cp(path.join(again, 'journal'), path.join(twice, 'journal'), { recursive: true });
    await rowsOf(testEndpoint(), database, poison);
    for (const copy of [again, twice]) {
      const service = await shipAll(copy, database);
      expect(await totals(testEndpoint(), database)).to.deep.equal(before);
      expect(await rejections(database)).to.equal(1 + Math.ceil(EVENTS / 50));
      await service.app.close();
    }
  });

  it('is no file that cannot be read: that is in quarantine, in /metrics and in /health', async () => {
    const { dataDir, database } = await unshipped();
    const [owner = ''] = (await readdir(path.join(dataDir, 'journal'))).filter((name) => /^\d/.test(name));
    const directory = path.join(dataDir, 'journal', owner);
    await mkdir(path.join(directory, 'events-a-00000001.ndjson'));
    await writeFile(path.join(directory, 'clicks-a-00000001.ndjson'), '{"a":1}\n');
    const service = await shipAll(dataDir, database);
    const text = await (await fetch(`${service.url}/metrics`, { headers })).text();
    expect(text).to.match(/^clickhour_quarantined_files 2$/m);
    const report = await (await fetch(`${service.url}/health`)).json();
    expect(report).to.have.property('status', 'degraded');
    expect(report).to.have.nested.property('parts.journal.quarantined', 2);
    expect((await totals(testEndpoint(), database)).raw.rows).to.equal(EVENTS);
  });
});

async function rejections(database: string): Promise<number> {
  const query = 'SELECT count() AS rows FROM rejected_events FINAL';
  const [found] = await rowsOf<{ rows: string }>(testEndpoint(), database, query);
  return Number(found?.rows);
}
