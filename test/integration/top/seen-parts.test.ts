import { expect } from 'chai';
import { SeenParts } from '../../../server/queries/top/seen-parts.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';

describe('The parts of a table that were seen', function () {
  this.timeout(60_000);
  let database: MigratedDatabase;

  before(async () => {
    database = await migratedDatabase();
  });
  after(() => database.drop());

  async function areSeen(seen: SeenParts, parts: readonly string[]): Promise<string[]> {
    const query = `SELECT part FROM (SELECT arrayJoin({parts:Array(String)}) AS part) WHERE ${seen.haveSeen('part')}`;
    const result = await database.client.query({ query, query_params: { parts }, format: 'JSONEachRow' });
    return (await result.json<{ part: string }>()).map(({ part }) => part);
  }

  const seen = SeenParts.none.and(['2026_1_4_1', '2026_5_5_0', '2026_6_6_0', '2026_8_9_1', '201_7_7_0']);

  it('are seen by the names that they had', async () => {
    const parts = ['2026_1_4_1', '2026_6_6_0', '2026_8_9_1', '201_7_7_0'];
    expect(await areSeen(seen, parts)).to.deep.equal(parts);
  });

  it('are seen when merges joined some', async () => {
    const parts = ['2026_1_6_2', '2026_5_6_1', '2026_1_4_2'];
    expect(await areSeen(seen, parts)).to.deep.equal(parts);
  });

  it('are not when a mutation changed them since, and are when it came before', async () => {
    const mutated = ['2026_8_9_1_12', '2026_1_4_2_12'];
    expect(await areSeen(seen, mutated)).to.deep.equal([]);
    const then = seen.and(['2026_1_4_1_12', '2026_5_5_0_12', '2026_13_13_0']);
    expect(await areSeen(then, [...mutated, '2026_1_5_2_12', '2026_1_4_2_14'])).to.deep.equal([
      '2026_1_4_2_12',
      '2026_1_5_2_12',
    ]);
  });

  it('are not when a part has a row that was in none of them: a new one, of another partition, or merged with such', async () => {
    const parts = ['2026_10_10_0', '2026_7_7_0', '2026_1_9_3', '2026_5_10_2', '201_1_4_1', '2025_1_4_1'];
    expect(await areSeen(seen, parts)).to.deep.equal([]);
  });

  it('stay so from look to look, and those that are gone are forgotten', async () => {
    const then = seen.and(['2026_1_6_2', '2026_7_7_0', '2026_8_9_1']);
    expect(await areSeen(then, ['2026_1_9_3', '2026_2_3_1'])).to.deep.equal(['2026_1_9_3', '2026_2_3_1']);
    expect(await areSeen(then, ['201_7_7_0'])).to.deep.equal([]);
  });

  it('are none before the first look, and too many to name when nothing joins them', async () => {
    expect(await areSeen(SeenParts.none, ['2026_1_1_0'])).to.deep.equal([]);
    expect(SeenParts.none.and(Array.from({ length: 200 }, (_, n) => `2026_${2 * n}_${2 * n}_0`)).areFew).to.equal(true);
    expect(SeenParts.none.and(Array.from({ length: 201 }, (_, n) => `2026_${2 * n}_${2 * n}_0`)).areFew).to.equal(
      false,
    );
    expect(SeenParts.none.and(Array.from({ length: 900 }, (_, n) => `2026_${n}_${n}_0`)).areFew).to.equal(true);
  });
});
