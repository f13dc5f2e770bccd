import { expect } from 'chai';
import { readMigrations } from '../../../server/migrate/files.ts';
import { migrationsDirectory } from '../../../server/migrate/migrator.ts';
import { hoursFromRaw, minutesFromRaw } from '../../../server/queries/verify/views.ts';

describe('What a repair inserts', () => {
  it('is what the materialized views insert, to the letter', async () => {
    const statements = (await readMigrations(migrationsDirectory)).flatMap((file) => file.statements);
    for (const [view, select] of [
      ['minutes_view', minutesFromRaw('events', 'true')],
      ['hours_view', hoursFromRaw('events', 'true')],
    ] as const) {
      const made = statements.find((sql) => sql.includes(`CREATE MATERIALIZED VIEW IF NOT EXISTS ${view} `)) ?? '';
      expect(plain(made.slice(made.indexOf('\nSELECT')))).to.equal(plain(select.replace('WHERE true', '')));
    }
  });
});

function plain(sql: string): string {
  return sql.replaceAll(/\s+/g, ' ').trim();
}
