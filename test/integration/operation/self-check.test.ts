import { expect } from 'chai';
import { Closing } from '../../../server/closing.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventText, postEvents } from '../../support/http/events-api.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { health } from '../../support/http/health.ts';
import { eventually } from '../../support/http/outcome.ts';
import { totals } from '../../support/clickhouse/stored.ts';
import { storedRejections } from '../../support/clickhouse/stored-events.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

interface Fault {
  readonly fault: string;
  /** `DB` stands for the database. */
  readonly break: readonly string[];
  readonly what: string;
  readonly found: string | RegExp;
  /** Omitted: the SQL that the finding names. */
  readonly fix?: readonly string[];
  /** Also tried while the service runs: an INSERT finds it before the self-check does. */
  readonly comesLater?: true;
}

const FAULTS: readonly Fault[] = [
  ...['events', 'minutes', 'hours', 'rejected_events'].map((table) => ({
    fault: `answers before the disk has the rows of ${table}`,
    break: [`ALTER TABLE ${table} RESET SETTING fsync_after_insert`],
    what: `the setting fsync_after_insert of ${table}`,
    found: '0',
  })),
  ...['events', 'minutes', 'hours', 'rejected_events'].map((table) => ({
    fault: `removes parts of ${table} before the disk has what they were merged into`,
    break: [`ALTER TABLE ${table} MODIFY SETTING min_rows_to_fsync_after_merge = 1000`],
    what: `the setting min_rows_to_fsync_after_merge of ${table}`,
    found: '1000',
  })),
  {
    fault: 'a column that the view would leave out without a word',
    break: ['ALTER TABLE minutes DROP COLUMN ids'],
    what: 'the column minutes.ids',
    found: 'nothing',
  },
  {
    fault: 'a column that is not there',
    break: ['ALTER TABLE events DROP COLUMN payload', 'ALTER TABLE events DROP COLUMN data'],
    what: 'the column events.data',
    found: 'nothing',
    comesLater: true,
  },
  {
    fault: 'a column of another type, which makes every row look wrong',
    break: ['ALTER TABLE events MODIFY COLUMN user UInt64'],
    what: 'the column events.user',
    found: 'UInt64',
    comesLater: true,
  },
  {
    fault: 'a table that is not there',
    break: ['RENAME TABLE events TO elsewhere'],
    what: 'the table events',
    found: 'nothing',
    comesLater: true,
    fix: ['RENAME TABLE elsewhere TO events'],
  },
  {
    fault: 'a view that is not there',
    break: ['RENAME TABLE minutes_view TO elsewhere'],
    what: 'the view minutes_view',
    found: 'nothing',
    fix: ['RENAME TABLE elsewhere TO minutes_view'],
  },
  {
    fault: 'a view into another table',
    break: [
      'RENAME TABLE minutes_view TO right_view',
      'CREATE TABLE sink (user String) ENGINE = Null',
      'CREATE MATERIALIZED VIEW minutes_view TO sink AS SELECT user FROM events',
    ],
    what: 'the view minutes_view',
    found: /^MaterializedView TO \w+\.sink FROM events$/,
    fix: ['DROP VIEW minutes_view SYNC', 'RENAME TABLE right_view TO minutes_view'],
  },
  {
    fault: 'a table in which other rows are the same',
    break: [
      'RENAME TABLE rejected_events TO elsewhere',
      `CREATE TABLE rejected_events AS elsewhere ENGINE = ReplacingMergeTree ORDER BY event_id
       SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1,
         min_rows_to_fsync_after_merge = 1`,
    ],
    what: 'the sorting key of rejected_events',
    found: 'event_id',
    fix: ['DROP TABLE rejected_events SYNC', 'RENAME TABLE elsewhere TO rejected_events'],
  },
];

const click = () => eventText({ category: 'analytics', name: 'click', user: 'ada' });

async function expectHeldUp(service: TestApp, { what, found }: Fault): Promise<string> {
  expect((await postEvents(service.url, click())).status).to.equal(202);
  let fix = '';
  await eventually(async () => {
    const { status, parts } = await health(service);
    expect([status, parts.backlog.events, parts.shipper.state]).to.deep.equal(['degraded', 1, 'unavailable']);
    const finding = parts.schema.findings?.find((finding) => finding.what === what);
    expect(finding?.severity).to.equal('blocking');
    expect(finding?.found).to.match(new RegExp(found));
    expect(parts.schema.state).to.contain(what).and.to.contain(finding?.fix);
    fix = finding?.fix ?? '';
  });
  expect((await fetch(`${service.url}/health/ready`)).status).to.equal(200);
  return fix;
}

/** The statement in a finding's advice. */
function sqlOf(fix: string): string {
  return /ALTER TABLE .*?(?=, as in|$)/.exec(fix)?.[0] ?? fix;
}

describe('What in ClickHouse the guarantees rest on', () => {
  let closing: Closing;
  let database: MigratedDatabase;

  beforeEach(async () => {
    closing = new Closing();
    database = await migratedDatabase();
    closing.add('database', () => database.drop());
  });
  afterEach(async () => closing.close());

  async function run(statements: readonly string[]): Promise<void> {
    for (const query of statements) await database.client.command({ query });
  }

  async function start(...args: Parameters<typeof startTestApp>): Promise<TestApp> {
    const [config, surroundings] = args;
    const service = await startTestApp({ ...config, database: database.name }, surroundings);
    closing.add('service', () => service.remove());
    return service;
  }

  async function expectStored(rows: number): Promise<void> {
    await eventually(async () => {
      const { raw, view } = await totals(testEndpoint(), database.name);
      expect(raw.rows).to.equal(rows);
      expect(view).to.deep.equal(raw);
    }, 15_000);
    expect(await storedRejections(database.name)).to.deep.equal([]);
  }

  for (const fault of FAULTS) {
    it(`holds shipping up until it is fixed: ${fault.fault}`, async () => {
      await run(fault.break);
      const service = await start();
      const fix = await expectHeldUp(service, fault);
      await run(fault.fix ?? [sqlOf(fix)]);
      await expectStored(1);
      await eventually(async () => expect((await health(service)).status).to.equal('ok'));
    });
  }

  for (const fault of FAULTS.filter(({ comesLater }) => comesLater)) {
    it(`holds it up when it comes while events do, and rejects none: ${fault.fault}`, async () => {
      const service = await start();
      // What is stored must survive a change of type there and back.
      await postEvents(service.url, eventText({ category: 'analytics', name: 'click', user: '1' }));
      await expectStored(1);
      await run(fault.break);
      const fix = await expectHeldUp(service, fault);
      await run(fault.fix ?? [sqlOf(fix)]);
      await expectStored(2);
    });
  }

  it('does not keep questions from being answered while it holds shipping up', async () => {
    await run(['ALTER TABLE hours RESET SETTING fsync_after_insert']);
    const { url } = await start();
    for (const path of ['/events/series', '/events/series?measure=users', '/events/top?window=1h&by=user']) {
      expect((await fetch(`${url}${path}`)).status, path).to.equal(200);
    }
  });

  it('is looked at in the database of the service alone, whatever others the server has', async () => {
    const other = await migratedDatabase();
    closing.add('other database', () => other.drop());
    const service = await start();
    expect((await health(service)).status).to.equal('ok');
    await other.client.command({ query: 'ALTER TABLE events MODIFY SETTING fsync_after_insert = 0' });
    await other.client.command({ query: 'DROP VIEW minutes_view' });
    const second = await start();
    expect((await health(second)).status).to.equal('ok');
  });

  it('holds shipping up when the user that inserts may not set what it must', async () => {
    const { query } = testEndpoint();
    const service = await start({ clickhouse: { ...testEndpoint(), ingest: query } });
    await expectHeldUp(service, {
      fault: '',
      break: [],
      what: 'an INSERT of no rows into events',
      found: '.',
    });
  });

  it('only says so, and what to grant, when the user that answers questions may not ask', async () => {
    const { ingest } = testEndpoint();
    const service = await start({ clickhouse: { ...testEndpoint(), query: ingest } });
    await postEvents(service.url, click());
    await expectStored(1);
    const { status, parts } = await health(service);
    expect([status, parts.clickhouse.state, parts.schema.state]).to.deep.equal(['degraded', 'up', 'ready']);
    expect(parts.schema.findings).to.have.length(1);
    const [finding] = parts.schema.findings ?? [];
    expect(finding).to.include({ severity: 'warning', what: 'a question for no rows' });
    expect(finding?.found).to.include('Not enough privileges');
    expect(finding?.fix).to.include('GRANT SELECT').and.include('CLICKHOUSE_QUERY_USER');
  });

  it('only says so when the clocks are apart', async () => {
    const service = await start({}, { nowMs: () => Date.now() - 120_000 });
    await postEvents(service.url, eventText({ category: 'analytics', name: 'click', user: 'ada' }));
    await expectStored(1);
    const { status, parts } = await health(service);
    expect(status).to.equal('degraded');
    expect(parts.schema.state).to.equal('ready');
    expect(parts.schema.findings).to.have.length(1);
    expect(parts.schema.findings?.[0]).to.include({
      severity: 'warning',
      what: "how far ClickHouse's clock is ahead",
    });
    expect(Number.parseInt(parts.schema.findings?.[0]?.found ?? '', 10)).to.be.within(119_000, 121_000);
  });
});
