import { expect } from 'chai';
import { isOfUser, mentions } from '../../../server/erase/erased-user.ts';

describe('mentions', () => {
  const texts: readonly (readonly [string, string, boolean])[] = [
    ['{"user":"ada"}', 'ada', true],
    ['{"user":"ada', 'ada', false],
    ['{"deep":[{"userId" : "ada"}], "cut', 'ada', true],
    ['{"user":"adam","note":"of ada"}', 'ada', false],
    ['{"user":ada}', 'ada', false],
    [String.raw`{"user":"\u0061da"}`, 'ada', true],
    [String.raw`{"user":"a\/b"}`, 'a/b', true],
    [String.raw`{"user":"a\"b"}`, 'a"b', true],
    [String.raw`{"text":"{\"user\":\"ada\"}"}`, 'ada', true],
    [String.raw`{"text":"{\"user\":\"\\u0061da\"}"}`, 'ada', true],
    [String.raw`{"user":"\\u0061da"}`, 'ada', false],
    [String.raw`{"bad":"\q","user":"\u0061da"}`, 'ada', true],
    ['', 'ada', false],
    ['{"userId" : 12}', '12', true],
    ['{"distinct_id":12.0, "cut', '12', true],
    ['{"userId":120}', '12', false],
    ['{"userId":-12}', '12', false],
    ['{"userId":12}', '012', false],
    ['{"count":12}', '12', false],
    [String.raw`{"text":"{\"userId\":12}"}`, '12', true],
  ];
  for (const [text, user, expected] of texts) {
    it(`${text} ${expected ? 'names' : 'does not name'} ${user}`, () => {
      expect(mentions(text, user)).to.equal(expected);
    });
  }

  it('takes no longer for a text full of quotes and backslashes', () => {
    expect(mentions('"\\'.repeat(500_000), 'ada')).to.equal(false);
    expect(mentions(`"${String.raw`\"`.repeat(200_000)}"`, 'ada')).to.equal(false);
  });
});

function rejected(payload: string): string {
  return JSON.stringify({ application: '', payload, errors: '[]' });
}

describe('isOfUser', () => {
  const ada = { user: 'ada', application: undefined };
  const ofShop = { user: 'ada', application: 'shop' };

  it('knows events by their user, not by what they say', () => {
    expect(isOfUser('{"user":"ada","data":"{}"}\n', ada)).to.equal(true);
    expect(isOfUser(String.raw`{"user":"bob","data":"{\"friend\":\"ada\"}"}`, ada)).to.equal(false);
    expect(isOfUser('{"user":"ada","application":"shop"}', ofShop)).to.equal(true);
    expect(isOfUser('{"user":"ada"}', ofShop)).to.equal(false);
  });

  it('knows rejections by what they say', () => {
    expect(isOfUser(String.raw`{"application":"","payload":"{\"user\":\"ada\""}`, ada)).to.equal(true);
    expect(isOfUser(String.raw`{"application":"","payload":"{\"user\":\"ada\""}`, ofShop)).to.equal(false);
    expect(isOfUser(String.raw`{"payload":"","errors":"[\"received \\\"ada\\\"\"]"}`, ada)).to.equal(true);
  });

  it('knows rejections that came in an address by the user that is its parameter', () => {
    expect(isOfUser(rejected('?timestamp=x&user=ad%61&click'), ada)).to.equal(true);
    expect(isOfUser(rejected('?user=bob&user=ada'), ada)).to.equal(true);
    expect(isOfUser(rejected('?user=ada+lovelace'), { ...ada, user: 'ada lovelace' })).to.equal(true);
    expect(isOfUser(rejected('?timestamp=x&user=adam&click'), ada)).to.equal(false);
    expect(isOfUser(rejected('?name=ada'), ada)).to.equal(false);
  });

  it('knows damaged lines by what is left of them', () => {
    expect(isOfUser('\0\0ser":"ada","application":"shop"', ada)).to.equal(true);
    expect(isOfUser('\0\0ser":"ada","application":"shop"', ofShop)).to.equal(true);
    expect(isOfUser('\0\0ser":"ada","applic', ofShop)).to.equal(false);
    expect(isOfUser('   \t\n', ada)).to.equal(false);
  });
});
