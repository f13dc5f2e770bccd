import { expect } from 'chai';
import { browseLink, filtered, isFiltered, pathOf, stateOf } from '../../../../dashboard/views/browse/browse-state.ts';
import { locatorOf, timeOf } from '../../../../dashboard/events/listed-event.ts';

const NOW = Date.UTC(2026, 10, 21, 14);

describe('The state of the view of events', () => {
  it('is all in its link', () => {
    const query =
      'name=n&category=%26&user=u&session_id=s+1&application=a&from=x&to=y&order=asc&limit=10&cursor=c&event=1-2-e&' +
      'form=indented&where=data.a%3Ab&where=data.c%3Ad';
    const state = stateOf(new URLSearchParams(query));
    expect(browseLink(state)).to.equal(`/?view=browse&${query}`);
    expect(browseLink(stateOf(new URLSearchParams()))).to.equal('/?view=browse');
  });

  it('asks for the newest events first, unless it says otherwise', () => {
    expect(asked('')).to.equal('/events?order=desc&limit=50');
    expect(asked('session_id=a%26b&range=1h&order=asc&limit=x')).to.equal(
      '/events?session_id=a%26b&from=2026-11-21T13%3A00%3A00.000000Z&order=asc&limit=x',
    );
  });

  it('begins at the first page, with nothing opened, when its filters change', () => {
    const state = stateOf(new URLSearchParams('name=n&cursor=c&event=1-2-e&form=indented'));
    expect(browseLink(filtered(state, { name: 'm' }))).to.equal('/?view=browse&name=m');
    const turned = stateOf(new URLSearchParams('range=1h&from=2026-11-21T13:00:00.000000Z&cursor=c'));
    expect(browseLink(filtered(turned, { name: 'm' }))).to.equal('/?view=browse&name=m&range=1h');
    expect(isFiltered(state)).to.equal(true);
    expect(isFiltered(stateOf(new URLSearchParams('where=data.a:b')))).to.equal(true);
    expect(isFiltered(stateOf(new URLSearchParams('order=asc&cursor=c')))).to.equal(false);
  });
});

describe('A link to an event', () => {
  const event = {
    event_id: '12-34',
    received_at: '2026-11-21T14:05:09.123456Z',
    timestamp: '2026-11-21T14:05:08.000001Z',
    application: '',
    session_id: '',
    user: '',
    category: 'c',
    name: 'n',
    data: '{}',
  };

  it('tells it from others with the same id, and says when it was', () => {
    expect(locatorOf(event)).not.to.equal(locatorOf({ ...event, received_at: '2026-11-21T14:05:09.123457Z' }));
    expect(timeOf(locatorOf(event))).to.equal(Date.UTC(2026, 10, 21, 14, 5, 8) * 1000 + 1);
  });

  it('may be no such link', () => {
    for (const locator of ['', 'e', '1-2', '9999999999999999-1-e', '-1-2-e']) {
      expect(timeOf(locator), locator).to.equal(undefined);
    }
  });
});

function asked(query: string): string {
  return pathOf(stateOf(new URLSearchParams(query)), NOW);
}
