import { expect } from 'chai';
import { readMigrations } from '../../../server/migrate/files.ts';
import { migrationsDirectory } from '../../../server/migrate/migrator.ts';
import { fillPlaceholders } from '../../../server/migrate/placeholders.ts';
import type { Layout } from '../../../server/clickhouse/topology.ts';

const ONE_SERVER: Layout = { cluster: undefined, replicated: false };
const SHARDS: Layout = { cluster: 'main', replicated: false };
const REPLICAS: Layout = { cluster: 'main', replicated: true };

async function statements(layout: Layout): Promise<readonly string[]> {
  return (await readMigrations(migrationsDirectory, layout)).flatMap((file) => file.statements);
}

describe('placeholders', () => {
  const create = 'CREATE TABLE a{{local}} (x UInt8) ENGINE = {{ReplacingMergeTree}} ORDER BY x';

  it('are nothing but the plain words on one server', () => {
    expect(fillPlaceholders(create, ONE_SERVER)).to.equal(
      'CREATE TABLE a (x UInt8) ENGINE = ReplacingMergeTree ORDER BY x',
    );
    expect(fillPlaceholders('SELECT 1 FROM a -- {{cluster}}', ONE_SERVER)).to.equal(undefined);
  });

  it('name the own part of a node, and its copies where there are replicas', () => {
    expect(fillPlaceholders(create, SHARDS)).to.equal(
      'CREATE TABLE a_local (x UInt8) ENGINE = ReplacingMergeTree ORDER BY x',
    );
    expect(fillPlaceholders(create, REPLICAS)).to.equal(
      'CREATE TABLE a_local (x UInt8) ENGINE = ' +
        "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}') ORDER BY x",
    );
    const withVersion = 'ENGINE = {{ReplacingMergeTree(version)}}';
    expect(fillPlaceholders(withVersion, ONE_SERVER)).to.equal('ENGINE = ReplacingMergeTree(version)');
    expect(fillPlaceholders(withVersion, REPLICAS)).to.include(", '{replica}', version)");
    expect(fillPlaceholders('ENGINE = Distributed({{cluster}}, a)', SHARDS)).to.equal(
      "ENGINE = Distributed('main', a)",
    );
  });

  it('leave the parameters and macros of ClickHouse alone, and refuse what they do not know', () => {
    expect(fillPlaceholders("SELECT {x:UInt8}, '{shard}'", REPLICAS)).to.equal("SELECT {x:UInt8}, '{shard}'");
    expect(() => fillPlaceholders('ALTER TABLE {{lokal}}', SHARDS)).to.throw(
      SyntaxError,
      'received {{lokal}}, expected {{local}}, {{cluster}} or the name of a MergeTree engine',
    );
  });
});

describe('the tables of this project', () => {
  it('have no trace of a cluster on one server', async () => {
    expect((await statements(ONE_SERVER)).join('\n')).not.to.match(
      /\{\{|Distributed|Replicated\w*MergeTree|_local\b[^`]/,
    );
  });

  it('stand on a cluster under the same names, over the own parts of the nodes', async () => {
    const all = await statements(SHARDS);
    const made = (pattern: RegExp) => all.flatMap((sql) => pattern.exec(sql)?.[1] ?? []);
    expect(made(/^CREATE TABLE IF NOT EXISTS (\w+_local)$/m)).to.deep.equal([
      'events_local',
      'minutes_local',
      'hours_local',
      'rejected_events_local',
    ]);
    expect(made(/^CREATE TABLE IF NOT EXISTS (\w+) AS \w+_local\nENGINE = Distributed\('main'/m)).to.deep.equal([
      'events',
      'minutes',
      'hours',
      'rejected_events',
    ]);
  });

  it('have a copy on each replica, each under the macros of its node', async () => {
    const own = (await statements(REPLICAS)).filter((sql) => /^CREATE TABLE IF NOT EXISTS \w+_local$/m.test(sql));
    expect(own).to.have.length(4);
    for (const sql of own) {
      expect(sql).to.match(
        /^ENGINE = Replicated(Aggregating|Replacing)MergeTree\('\/clickhouse\/tables\/\{shard\}\/\{database\}\/\{table\}', '\{replica\}'(, precedence)?\)$/m,
      );
    }
  });

  it('remember no insert on any layout: what is sent again must never be taken for what is there', async () => {
    for (const layout of [ONE_SERVER, SHARDS, REPLICAS]) {
      const own = (await statements(layout)).filter((sql) => /^ENGINE = \w*MergeTree/m.test(sql));
      expect(own).to.have.length(4);
      for (const sql of own) {
        expect(sql).to.match(/^ {4}non_replicated_deduplication_window = 0,$/m);
        expect(sql).to.match(/^ {4}replicated_deduplication_window = 0,$/m);
      }
    }
  });
});
