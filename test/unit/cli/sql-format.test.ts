import { expect } from 'chai';
import { namesFormat } from '../../../server/cli/sql-format.ts';

describe('the FORMAT clause of a statement', () => {
  it('is found at its end', () => {
    for (const sql of [
      'SELECT 1 FORMAT JSON',
      'select 1 format\n  jsoncompact',
      'SELECT 1 FORMAT CSV SETTINGS max_threads = 1',
      "SELECT 'it''s' FORMAT TSV -- the end",
      'SELECT 1 /* FORMAT x */ FORMAT Null /* and */',
      '(SELECT 1) FORMAT Parquet',
    ])
      expect(namesFormat(sql), sql).to.equal(true);
  });

  it('is not found where there is none', () => {
    for (const sql of [
      'SELECT 1',
      "SELECT 'FORMAT JSON'",
      'SELECT 1 -- FORMAT JSON',
      'SELECT 1 /* FORMAT JSON */',
      'SELECT 1 AS `FORMAT JSON`',
      'SELECT format FROM t',
      'SELECT t.format x',
      'SELECT formatReadableSize(1)',
      "SELECT format('{}', 1)",
      "SELECT '\\\\' AS a, 'FORMAT JSON'",
    ])
      expect(namesFormat(sql), sql).to.equal(false);
  });
});
