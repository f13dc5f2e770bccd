import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { expect } from 'chai';
import { codeOf } from '../../../server/clickhouse/errors.ts';
import { disown } from '../../../server/journal/owner-directory.ts';
import { insertRows } from '../../../server/shipping/insert-rows.ts';
import { apiKey } from '../../support/http/api-keys.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventText, NDJSON, postEvents } from '../../support/http/events-api.ts';
import { eventually, failure } from '../../support/http/outcome.ts';
import { rowsOf, totals } from '../../support/clickhouse/stored.ts';
import { storedEvents, storedRejections } from '../../support/clickhouse/stored-events.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const row = (user: string) =>
  `${JSON.stringify({ timestamp: 1, received_at: 1, event_id: user, user, category: 'analytics', name: 'click', data: '{}' })}\n`;
const click = (user: string) => eventText({ category: 'analytics', name: 'click', user });

describe('A row that ClickHouse refuses', () => {
  let service: TestApp;

  async function sql(query: string): Promise<void> {
    await rowsOf(testEndpoint(), service.database, query);
  }

  const refusePoison = async () => sql("ALTER TABLE events ADD CONSTRAINT c CHECK user NOT LIKE 'poison%'");

  async function metric(name: string): Promise<number> {
    const text = await (await fetch(`${service.url}/metrics`, { headers })).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }

  async function expectBisected(stored: number, refused: readonly string[]): Promise<void> {
    await eventually(async () => {
      const rejections = await storedRejections(service.database);
      expect(rejections.map(({ payload }) => JSON.parse(payload).user)).to.have.members(refused);
      expect(await metric('clickhour_events_stored_total')).to.equal(stored);
    }, 25_000);
    expect(await storedEvents(service.database, '1')).to.have.length(stored);
    const { raw, view } = await totals(testEndpoint(), service.database);
    expect(view).to.deep.equal(raw);
    expect(await metric('clickhour_events_refused_total')).to.equal(refused.length);
    expect(await metric('clickhour_events_waiting')).to.equal(0);
    expect(await metric('clickhour_events_unaccounted')).to.equal(0);
  }

  beforeEach(async () => {
    service = await startTestApp({
      trust: { keys: [apiKey('k', 'shop', 'write', 'read')], networks: [], proxies: [] },
    });
  });
  afterEach(async () => service.remove());

  const headers = { ...NDJSON, Authorization: 'Bearer k' };

  it('among 10,000 is found, kept whole with ClickHouse’s words, and the rest is stored', async function () {
    this.timeout(60_000);
    await refusePoison();
    const users = Array.from({ length: 10_000 }, (_, index) => (index === 6789 ? 'poison' : `u${index}`));
    const { body } = await postEvents(service.url, users.map(click).join('\n'), headers);
    expect(body.accepted).to.equal(10_000);
    await expectBisected(9_999, ['poison']);
    const [row] = await storedRejections(service.database);
    expect(row).to.include({ reason: 'refused_by_clickhouse', application: 'shop' });
    expect(row?.errors).to.match(/Constraint `c` for table .* is violated at row 1/);
    expect(JSON.parse(row?.payload ?? '')).to.include({ category: 'analytics', name: 'click', data: '{}' });
    expect(await readdir(path.join(service.dataDir, 'journal')).then((owners) => owners.length)).to.equal(1);
  });

  it('is found wherever it is, with others of its kind', async () => {
    await refusePoison();
    const bad = new Set([0, 1, 7, 12, 63, 99]);
    const users = Array.from({ length: 100 }, (_, index) => (bad.has(index) ? `poison${index}` : `u${index}`));
    await postEvents(service.url, users.map(click).join('\n'), headers);
    await expectBisected(
      94,
      users.filter((user) => user.startsWith('poison')),
    );
  });

  it('is found when it is alone, and does not hold up what comes after it', async () => {
    await refusePoison();
    await postEvents(service.url, click('poison'), headers);
    await eventually(async () => expect(await metric('clickhour_events_refused_total')).to.equal(1));
    await postEvents(service.url, click('ada'), headers);
    await expectBisected(1, ['poison']);
  });

  it('is told from a view that fails: nothing is rejected, and all is stored when the view is gone', async () => {
    await sql('CREATE TABLE numbers (n UInt64) ENGINE = MergeTree ORDER BY n');
    await sql(`CREATE MATERIALIZED VIEW broken TO numbers DEFINER = CURRENT_USER SQL SECURITY DEFINER
      AS SELECT toUInt64(user) AS n FROM events`);
    await postEvents(service.url, [click('not a number'), click('2')].join('\n'), headers);
    await eventually(async () => {
      const health = (await (await fetch(`${service.url}/health`)).json()) as {
        parts: { shipper: { error: string; refused_segments: number } };
      };
      expect(health.parts.shipper.refused_segments).to.equal(1);
      expect(health.parts.shipper.error).to.match(/a view fails that reads from events/);
    });
    expect(await storedRejections(service.database)).to.deep.equal([]);
    await sql('DROP VIEW broken');
    await expectBisected(2, []);
  });

  it('is found in a file that another process left, whatever is in it', async () => {
    const directory = await tempDir();
    const owner = path.join(directory.path, 'journal', '20240101000000000-0a1b2c3d');
    await disown(owner);
    const text = `${row('a')}garbage\n${row('b')}{"timestamp":"x"}\n`;
    await writeFile(path.join(owner, 'events-20240101000000000-0a1b2c3d-00000001.ndjson'), text);
    const successor = await startTestApp({ dataDir: directory.path });
    try {
      await eventually(async () => {
        const payloads = (await storedRejections(successor.database)).map(({ payload }) => payload);
        expect(payloads).to.have.members(['garbage', '{"timestamp":"x"}']);
        expect((await storedEvents(successor.database, '1')).length).to.equal(2);
      });
    } finally {
      await successor.remove();
      await directory.remove();
    }
  });

  it('is refused, too, for a user whose profile skips bad rows and lets views fail', async () => {
    const profile = { input_format_allow_errors_num: '10', materialized_views_ignore_errors: 1 } as const;
    const { urls, admin } = testEndpoint();
    const client = createClient({
      url: urls[0],
      ...admin,
      database: service.database,
      clickhouse_settings: profile,
      log: { level: ClickHouseLogLevel.OFF },
    });
    const insert = async (text: string) =>
      failure(insertRows(client, { table: 'events', rows: async () => Readable.from([text]) }));
    try {
      expect(codeOf(await insert(`${row('a')}garbage\n${row('b')}`))).to.equal('27');
      await sql('CREATE TABLE numbers (n UInt64) ENGINE = MergeTree ORDER BY n');
      await sql('CREATE MATERIALIZED VIEW broken TO numbers AS SELECT toUInt64(user) AS n FROM events');
      expect(codeOf(await insert(row('not a number')))).to.equal('6');
    } finally {
      await client.close();
    }
  });

  it('of the rejected events is kept as a file', async () => {
    await sql("ALTER TABLE rejected_events ADD CONSTRAINT c CHECK payload NOT LIKE '%poison%'");
    await postEvents(service.url, ['{"poison":1}', '{"no":1}'].join('\n'), headers);
    await eventually(async () => {
      const kept = await readdir(path.join(service.dataDir, 'journal', 'quarantine'));
      expect(kept).to.have.length(1);
      expect(await storedRejections(service.database)).to.have.length(1);
    });
  });
});
