import { expect } from 'chai';
import { MEMBERS, pathOf } from '../../../dashboard/choice/members.ts';

describe('What is typed as a path', () => {
  it('is a member of every event where those can be chosen', () => {
    expect(pathOf('session_id', MEMBERS)).to.equal('session_id');
    expect(pathOf('Session', MEMBERS)).to.equal('session_id');
    expect(pathOf('plan', MEMBERS)).to.equal('data.plan');
    expect(pathOf('', MEMBERS)).to.equal('');
  });

  it('is in the payload where only that can be chosen, also by the name of a member', () => {
    for (const { value } of MEMBERS) expect(pathOf(value, [])).to.equal(`data.${value}`);
    expect(pathOf('data.name', [])).to.equal('data.name');
  });
});
