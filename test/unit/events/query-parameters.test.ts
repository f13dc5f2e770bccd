import { expect } from 'chai';
import { isLongerThan } from '../../../server/events/query-parameters.ts';

describe('isLongerThan', () => {
  it('counts code points, not UTF-16 units', () => {
    for (const character of ['a', 'é', '🦊']) {
      expect(isLongerThan(character.repeat(9), 10)).to.equal(false);
      expect(isLongerThan(character.repeat(10), 10)).to.equal(false);
      expect(isLongerThan(character.repeat(11), 10)).to.equal(true);
      expect(isLongerThan(character.repeat(1000), 10)).to.equal(true);
    }
  });

  it('counts what is made of both', () => {
    expect(isLongerThan(`a${'🦊'.repeat(9)}`, 10)).to.equal(false);
    expect(isLongerThan(`aa${'🦊'.repeat(9)}`, 10)).to.equal(true);
  });
});
