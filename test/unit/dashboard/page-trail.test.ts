import { expect } from 'chai';
import { createPageTrail } from '../../../dashboard/state/page-trail.ts';

describe('The way back from a page', () => {
  it('is the way that the reader came', () => {
    const trail = createPageTrail();
    trail.learn('', 'b');
    trail.learn('b', 'c');
    trail.learn('c', null);
    expect([trail.before('c'), trail.before('b'), trail.before('')]).to.deep.equal(['b', '', undefined]);
    expect([trail.depth(''), trail.depth('b'), trail.depth('c')]).to.deep.equal([0, 1, 2]);
  });

  it('is not known to who came by a link to a page in the middle', () => {
    const trail = createPageTrail();
    trail.learn('m', 'n');
    expect(trail.before('m')).to.equal(undefined);
    expect(trail.before('n')).to.equal('m');
    expect(trail.depth('n')).to.equal(undefined);
  });

  it('forgets the oldest pages first', () => {
    const trail = createPageTrail(2);
    trail.learn('', 'a');
    trail.learn('a', 'b');
    trail.learn('b', 'c');
    expect([trail.before('a'), trail.before('b'), trail.before('c')]).to.deep.equal([undefined, 'a', 'b']);
  });
});
