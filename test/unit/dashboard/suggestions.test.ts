import { expect } from 'chai';
import { chosenEvent, eventOf, keyOf, labelOf } from '../../../dashboard/choice/event-key.ts';
import { MAX_OPTIONS, narrowed, withTyped } from '../../../dashboard/choice/options.ts';
import { pathsIn } from '../../../dashboard/choice/payload-paths.ts';
import { valuesIn } from '../../../dashboard/events/payload-values.ts';
import { isMember } from '../../../dashboard/text/data-path.ts';
import { isMember as isMemberToService } from '../../../server/events/data/data-path.ts';

describe('Suggestions', () => {
  it('are narrowed by each word that is typed, and are never too many', () => {
    const options = [
      { value: 'a', label: 'Signup form', note: 'web' },
      { value: 'b', label: 'signup', note: 'app' },
    ];
    expect(narrowed(options, 'APP sign').map(({ value }) => value)).to.deep.equal(['b']);
    expect(narrowed(options, '')).to.deep.equal(options);
    const many = Array.from({ length: 1000 }, (_, index) => ({ value: `${index}`, label: `${index}` }));
    expect(narrowed(many, '')).to.have.length(MAX_OPTIONS);
    expect(withTyped(options, 'else').at(-1)).to.include({ value: 'else' });
    expect(withTyped(options, 'a')).to.deep.equal(options);
  });

  it('of paths are those of values in payloads that the service can be asked for', () => {
    const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    const names = [...ascii, ...ascii.map((character) => `a${character}`), '', 'é', 'a'.repeat(64), 'a'.repeat(65)];
    for (const name of names) expect(isMember(name), name).to.equal(isMemberToService(name));
    const paths = pathsIn([
      { plan: 'pro', venue: { lat: 1.5 } },
      { plan: 'free', 'not a path': 1, list: [{ a: 1 }] },
      3,
    ]);
    expect(paths).to.deep.equal([
      { value: 'data.plan', label: 'plan', note: 'such as pro' },
      { value: 'data.venue.lat', label: 'venue.lat', note: 'such as 1.5' },
    ]);
  });
});

describe('An event among the names', () => {
  const known = { events: 1, first: '', last: '' };
  const names = [
    { category: 'shop', name: 'view', ...known },
    { category: 'blog', name: 'view', ...known },
    { category: 'shop', name: 'a::b', ...known },
  ];

  it('is found again by its key', () => {
    for (const { category, name } of names) {
      expect(eventOf(keyOf({ category, name }), names)).to.deep.equal({ category, name });
    }
    expect(eventOf('view', names)).to.deep.equal({ category: '', name: 'view' });
    expect(eventOf('a::b', names)).to.deep.equal({ category: 'shop', name: 'a::b' });
    expect(eventOf('c::d', names)).to.deep.equal({ category: 'c', name: 'd' });
    expect(eventOf('shop::', names)).to.deep.equal({ category: 'shop', name: '' });
  });

  it('is called by its category too where its name is that of several', () => {
    expect(labelOf({ category: 'shop', name: 'view' }, names)).to.equal('view (shop)');
    expect(labelOf({ category: 'shop', name: 'a::b' }, names)).to.equal('a::b');
    expect(labelOf({ category: 'shop', name: '' }, names)).to.equal('All of shop');
  });
});

describe('What is typed for an event', () => {
  const known = { events: 1, first: '', last: '' };
  const names = [
    { category: 'shop', name: 'view', ...known },
    { category: 'blog', name: 'view', ...known },
    { category: 'shop', name: 'buy', ...known },
  ];
  const shop = { category: 'shop', name: '' };

  it('may be what the event is called, or a whole category where that can be chosen', () => {
    expect(chosenEvent('view (shop)', names, [])).to.deep.equal({ category: 'shop', name: 'view' });
    expect(chosenEvent('All of shop', names, [shop])).to.deep.equal(shop);
    expect(chosenEvent('All of shop', names, [])).to.deep.equal({ category: '', name: 'All of shop' });
    expect(chosenEvent('buy', names, [shop])).to.deep.equal({ category: 'shop', name: 'buy' });
  });

  it('is a key, or the name of any category, first of all', () => {
    const odd = [...names, { category: 'x', name: 'shop::view', ...known }];
    expect(chosenEvent('shop::view', odd, [])).to.deep.equal({ category: 'shop', name: 'view' });
    expect(chosenEvent('view', names, [])).to.deep.equal({ category: '', name: 'view' });
    expect(chosenEvent('', names, [{ category: '', name: '' }])).to.deep.equal({ category: '', name: '' });
  });
});

describe('The values of a payload', () => {
  it('are written as the service compares them, and left out where a page would change them', () => {
    expect(
      valuesIn('{"a":{"b":"x"},"n":1.0,"yes":true,"big":12345678901234567890,"list":[1],"no":null,"e":""}'),
    ).to.deep.equal([
      { path: 'data.a.b', value: 'x' },
      { path: 'data.n', value: '1' },
      { path: 'data.yes', value: 'true' },
    ]);
    expect(valuesIn('nonsense')).to.deep.equal([]);
  });
});
