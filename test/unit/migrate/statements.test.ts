import { expect } from 'chai';
import { splitStatements } from '../../../server/migrate/statements.ts';

describe('splitStatements', () => {
  it('splits at semicolons, with or without one at the end', () => {
    expect(splitStatements('SELECT 1; SELECT 2')).to.deep.equal(['SELECT 1', 'SELECT 2']);
    expect(splitStatements('SELECT 1;\nSELECT 2;\n')).to.deep.equal(['SELECT 1', 'SELECT 2']);
  });

  it('finds no statement in nothing, blanks, comments and lone semicolons', () => {
    for (const sql of ['', ' \n\t', ';', ' ;; ', '-- only a comment', '/* ; */', '# shell; comment\n;']) {
      expect(splitStatements(sql), sql).to.deep.equal([]);
    }
  });

  const whole = {
    'a string': "SELECT 'a;b'",
    'a string with a doubled quote': "SELECT 'it''s; fine'",
    'a string with an escaped quote': String.raw`SELECT 'it\'s; fine'`,
    'a string that ends in a backslash': String.raw`SELECT ';\\', 1`,
    'a string over several lines': "SELECT 'a;\n\\\n;b'",
    'a string that looks like a comment': "SELECT '-- ;', '/*;'",
    'an identifier in double quotes': 'SELECT "a;b"',
    'an identifier in backticks': 'SELECT `a;``b`',
    'a heredoc': "SELECT $tag$ it's; $$ fine $tag$",
    'a line comment': 'SELECT 1 -- one; two\n+ 1',
    'a block comment': "SELECT /* it's; */ 1",
    'a quote in a line comment': "SELECT 1 -- it's\n+ 1",
  };
  for (const [name, sql] of Object.entries(whole)) {
    it(`does not split in ${name}`, () => {
      expect(splitStatements(`${sql}; SELECT 2`)).to.deep.equal([sql, 'SELECT 2']);
    });
  }

  it('leaves a comment with the statement that it stands before', () => {
    expect(splitStatements('-- why; really\nSELECT 1;\n-- the end')).to.deep.equal(['-- why; really\nSELECT 1']);
  });

  it('keeps what a comment sign in the middle of an expression means', () => {
    expect(splitStatements('SELECT 4 - -2, a#b; SELECT 2')).to.deep.equal(['SELECT 4 - -2, a#b', 'SELECT 2']);
  });

  it('names the line of what has no end', () => {
    expect(() => splitStatements("SELECT 1;\nSELECT 'a; b")).to.throw("line 2: received ' without its end");
    expect(() => splitStatements('SELECT 1;\n\n/* b')).to.throw('line 3: received /* without its end');
    expect(() => splitStatements('SELECT `a')).to.throw('line 1: received ` without its end');
  });
});
