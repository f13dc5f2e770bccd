import { expect } from 'chai';
import { browseLink } from '../../../../dashboard/views/top/browse-link.ts';
import {
  detailCount,
  FIRST_QUESTION,
  linkToQuestion,
  readQuestion,
  streamPathOf,
  type TopQuestion,
} from '../../../../dashboard/views/top/question.ts';
import { valueText } from '../../../../dashboard/views/top/value-text.ts';
import { keyLabelOf, scopeOf, titleOf } from '../../../../dashboard/views/top/words.ts';

const read = (search: string) => readQuestion(new URLSearchParams(search));
const readLink = (link: string) => read(link.slice(link.indexOf('?')));

const MEETUP = {
  by: 'data.event.event_id',
  category: 'meetup',
  unique: 'data.rsvp_id',
  where: ['data.response:yes', 'data.venue.venue_name:A & B: c=d'],
  show: 'data.event.event_name,data.venue.lon',
  limit: '25',
};

describe('The question of the top list', () => {
  it('is about the last hour when the link says nothing', () => {
    expect(read('')).to.deep.equal(FIRST_QUESTION);
    expect(linkToQuestion(FIRST_QUESTION)).to.equal('/?view=top&by=name&window=1h');
  });

  it('is what the API would take it for when the link says anything', () => {
    expect(read('category=meetup')).to.include({ by: 'name', window: '', category: 'meetup' });
    expect(streamPathOf(read('by=name'))).to.equal('/events/top/stream?by=name');
    expect(streamPathOf(FIRST_QUESTION)).to.equal('/events/top/stream?by=name&window=1h');
  });

  it('is read back from its link as it was', () => {
    const questions: TopQuestion[] = [
      FIRST_QUESTION,
      { ...FIRST_QUESTION, window: '' },
      { ...FIRST_QUESTION, ...MEETUP },
      { ...FIRST_QUESTION, ...MEETUP, name: ' 100 % ü&=# ', window: 'nonsense' },
    ];
    for (const question of questions) {
      expect(readLink(linkToQuestion(question)), linkToQuestion(question)).to.deep.equal(question);
    }
  });

  it('is passed on to the service with all of its conditions, and without what is empty', () => {
    const { searchParams: parameters } = new URL(streamPathOf({ ...FIRST_QUESTION, ...MEETUP }), 'http://h');
    expect(parameters.getAll('where')).to.deep.equal(MEETUP.where);
    expect(parameters.has('name')).to.equal(false);
    expect(parameters.get('limit')).to.equal('25');
  });

  it('is said in words', () => {
    const question = { ...FIRST_QUESTION, ...MEETUP, window: '15m' };
    expect(titleOf(question)).to.equal('Values of data.event.event_id with the most events');
    expect(keyLabelOf(question)).to.equal('event.event_id');
    expect(scopeOf(question)).to.equal(
      'in the last 15 minutes, category “meetup”, only the latest of each data.rsvp_id, where data.response is ' +
        '“yes”, where data.venue.venue_name is “A & B: c=d”',
    );
    expect(titleOf({ ...question, by: 'user', measure: 'sessions' })).to.equal('Users with the most sessions');
    const since = { ...FIRST_QUESTION, window: '', from: '2026-11-21T14:00:00.000Z' };
    expect(scopeOf(since, 'Europe/Berlin')).to.equal('from 2026-11-21 15:00 on');
    expect(titleOf({ ...question, by: 'x'.repeat(7000) }).length).to.be.below(400);
    expect(detailCount(question)).to.equal(6);
    expect(detailCount(FIRST_QUESTION)).to.equal(0);
  });
});

describe('A key of the top list', () => {
  const AT = '2026-11-21T12:00:30.000000Z';

  it('leads to its events where they can be asked for, within the same time and filters', () => {
    expect(browseLink(FIRST_QUESTION, 'a & b', AT)).to.equal(
      '/?view=browse&name=a+%26+b&from=2026-11-21T11%3A00%3A00.000Z',
    );
    const sessions = { ...FIRST_QUESTION, by: 'session_id', window: '', category: 'shop' };
    expect(browseLink(sessions, 's1', AT)).to.equal('/?view=browse&category=shop&session_id=s1');
    expect(browseLink({ ...sessions, by: 'category' }, 'shop', AT)).to.equal('/?view=browse&category=shop');
  });

  it('leads to what a user did, and to the events that have a value', () => {
    expect(browseLink({ ...FIRST_QUESTION, by: 'user' }, 'ada', AT)).to.equal('/?view=users&user=ada');
    const kinds = { ...FIRST_QUESTION, by: 'data.kind', window: '', where: ['data.a:b'] };
    expect(browseLink(kinds, 'k:1', AT)).to.equal('/?view=browse&where=data.a%3Ab&where=data.kind%3Ak%3A1');
  });

  it('leads nowhere where there is none', () => {
    expect(browseLink(FIRST_QUESTION, null, AT)).to.equal(undefined);
    expect(browseLink(FIRST_QUESTION, '', AT)).to.equal(undefined);
  });
});

describe('A value in the top list', () => {
  it('is text as it is, and anything else as JSON', () => {
    expect(valueText('<b>x</b>')).to.deep.equal({ text: '<b>x</b>', isQuiet: false });
    expect(valueText({ a: [1, null] }).text).to.equal('{"a":[1,null]}');
    expect(valueText(12.5).text).to.equal('12.5');
    expect(valueText(false).text).to.equal('false');
  });

  it('can be seen when it is nothing', () => {
    expect(valueText(null)).to.deep.equal({ text: '–', isQuiet: true });
    expect(valueText('')).to.deep.equal({ text: '""', isQuiet: true });
    expect(valueText(' \n')).to.deep.equal({ text: '" \\n"', isQuiet: true });
  });

  it('is cut where nobody reads on, between characters', () => {
    const { text } = valueText(`${'x'.repeat(399)}🚀${'y'.repeat(1000)}`);
    expect(text).to.equal(`${'x'.repeat(399)}…`);
  });
});
