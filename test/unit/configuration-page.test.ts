import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { configurationPage } from '../../server/config/configuration-page.ts';
import { variableHelp } from '../../server/config/variable-help.ts';

/** Only for the commands that send events. */
const OF_COMMANDS = 'CLICKHOUR_API_KEY';

describe('.env.example', () => {
  it('has every variable, with its default', async () => {
    const lines = (await readFile('.env.example', 'utf8')).split('\n').filter((line) => /^[A-Z]/.test(line));
    const said = lines.filter((line) => !line.startsWith(OF_COMMANDS)).sort();
    const expected = variableHelp().map(({ name, default: value }) => `${name}=${value}`);
    expect(said).to.deep.equal(expected.sort());
  });
});

describe('docs/configuration.md', () => {
  it('is what the program says of its variables (npm run docs writes it)', async () => {
    expect(await readFile('docs/configuration.md', 'utf8')).to.equal(configurationPage());
  });

  it('says of every variable what it means and what it takes', () => {
    for (const { name, meaning, expected, unit, default: value } of variableHelp()) {
      expect(meaning, name).to.match(/^\S.{10,}[^.]$/);
      expect(expected, name).to.match(/\S/);
      expect(unit === '' || value === '' || /^\d/.test(value), name).to.equal(true);
    }
  });
});
