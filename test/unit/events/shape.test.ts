import { expect } from 'chai';
import { shapeOf } from '../../../server/events/data/shape.ts';
import { EVENT_MEMBERS } from '../../../server/events/event-shape.ts';
import { scanMembers } from '../../../server/events/json/members.ts';

/** Of the text of a payload, as it is found within an event. */
function shape(data: string): string | undefined {
  const { span } = scanMembers(`{"name":"a:b","data":${data},"user":"u:"}`, EVENT_MEMBERS, 100, 'data');
  return shapeOf(JSON.parse(data) as object, { text: data, members: span?.members ?? 0 });
}

/** So many arrays, under names of five characters. */
function arrays(count: number): string {
  return JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n + 1000}`, []])));
}

describe('The shape of a payload', () => {
  it('names the paths that lead to objects and arrays, empty ones too', () => {
    expect(shape('{}')).to.equal(',');
    expect(shape('{"a":1,"b":null,"c":"{}:[]","d":true}')).to.equal(',');
    expect(shape('{"a":{"b":{"c":1}},"d":[],"e":{}}')).to.equal(',a,a.b,d,e,');
  });

  it('names nothing within arrays, and no path that cannot be asked for', () => {
    expect(shape('{"a":[{"b":{}}]}')).to.equal(',a,');
    expect(shape('{"é":{"b":{}},"":{"a":[]},"2":[]}')).to.equal(',');
  });

  it('is none when a member is given twice, at any depth and in any spelling', () => {
    for (const data of [
      '{"a":1,"a":1}',
      '{"a":1,"\\u0061":{"b":1}}',
      '{"a":[{"b":1,"b":2}]}',
      '{"x":{"a":{},"a":{}}}',
      '{"__proto__":1,"__proto__":2}',
      '{"a":"\\u003a","b":1,"b":2}',
    ]) {
      expect(shape(data), data).to.equal(undefined);
    }
    expect(shape('{"__proto__":1,"constructor":{"a":":"}}')).to.equal(',constructor,');
  });

  it('is none where ClickHouse refuses the payload', () => {
    for (const value of ['1e999', '-1e999', '18446744073709551616', '-9223372036854775809', '"\\ud800"']) {
      expect(shape(`{"a":${value}}`), value).to.equal(undefined);
      expect(shape(`{"a":[[${value}]]}`), value).to.equal(undefined);
    }
    for (const data of [
      '{"\\ud800":1}',
      '{"a":{"b":1},"a.b":2}',
      '{"a.b":{"c":1},"a":{"b.c":null}}',
      '{"x":[[{"a":{"b":[]},"a.b":2}]]}',
    ])
      expect(shape(data), data).to.equal(undefined);
    expect(shape('{"a":"\\ud83d\\ude00","b":9007199254740993,"c":1.5e10,"d":"a.b"}')).to.equal(',');
  });

  it('is empty where ClickHouse takes the payload for another', () => {
    for (const data of ['{"a.b":1}', '{"a":[[{"a.b":1}]]}', '{"a":1,"a.b":1}', '{"x":[{"a.b":1},{"a":{"b":1}}]}'])
      expect(shape(data), data).to.equal('');
  });

  it('is empty when it would be longer than 1,024 characters', () => {
    expect(shape(arrays(170))).to.have.length(1021);
    expect(shape(arrays(171))).to.equal('');
  });
});
