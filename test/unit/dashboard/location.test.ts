import { expect } from 'chai';
import { linkTo, placeOf } from '../../../dashboard/state/location.ts';

describe('The address of the dashboard', () => {
  it('names a view and holds its state', () => {
    const { viewId, query } = placeOf('?view=top&by=data.event.id&where=a:b&where=c:d');
    expect(viewId).to.equal('top');
    expect(query.has('view')).to.equal(false);
    expect(query.get('by')).to.equal('data.event.id');
    expect(query.getAll('where')).to.deep.equal(['a:b', 'c:d']);
  });

  it('is that of the first view when it names none', () => {
    expect(placeOf('').viewId).to.equal(undefined);
    expect(placeOf('?range=7d').viewId).to.equal(undefined);
  });

  it('is written so that it is read back as it was', () => {
    const state = { by: 'data.a', where: ['data.b:ü & é', 'data.c:1=2#3'], name: '100 %' };
    const link = linkTo('top', state);
    const { viewId, query } = placeOf(link.slice(link.indexOf('?')));
    expect(viewId).to.equal('top');
    expect(query.get('by')).to.equal(state.by);
    expect(query.get('name')).to.equal(state.name);
    expect(query.getAll('where')).to.deep.equal(state.where);
  });

  it('leaves out what is empty', () => {
    expect(linkTo('browse', { name: '', category: undefined, where: [] })).to.equal('/?view=browse');
    expect(linkTo(undefined)).to.equal('/');
  });
});
