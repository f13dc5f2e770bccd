import { expect } from 'chai';
import { REASONS as KNOWN, reasonWords } from '../../../../dashboard/views/rejected/reasons.ts';
import { REASONS } from '../../../../server/events/rejection.ts';

describe('The reasons of rejections', () => {
  it('all have words', () => {
    expect(KNOWN.map(({ id }) => id)).to.have.members(REASONS);
  });

  it('may be ones that the page does not know', () => {
    expect(reasonWords('constructor')).to.deep.equal({
      id: 'constructor',
      label: 'constructor',
      meaning: undefined,
    });
  });
});
