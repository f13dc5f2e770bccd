import { expect } from 'chai';
import { checkVersion } from '../../../server/clickhouse/self-check/check-version.ts';

describe("ClickHouse's version", () => {
  for (const version of ['26.7.1.1', '26.10.2.5', '27.1.1.1'])
    it(`is one to work with: ${version}`, () => expect(checkVersion(version)).to.deep.equal([]));

  for (const version of ['26.6.9.1', '25.12.1.1', 'nothing'])
    it(`is refused: ${version}`, () => {
      const [finding] = checkVersion(version);
      expect(finding).to.include({ severity: 'blocking', found: version, expected: '26.7 or later' });
    });
});
