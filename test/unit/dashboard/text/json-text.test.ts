import { expect } from 'chai';
import * as fc from 'fast-check';
import { elementsOf, indented, isStructured, membersOf } from '../../../../dashboard/text/json-text.ts';
import { readEvents } from '../../../../dashboard/events/listed-event.ts';
import { runs } from '../../../support/events/property.ts';

/** What parsing and writing again would change. */
const DELICATE = '{"big":12345678901234567890,"f":1.0,"e":1E400,"a":1,"a":[ {} , [ ] ],"s":"\\u202e\\"}{,\\\\"}';

describe('JSON as text', () => {
  it('is cut into members, each with its exact text', () => {
    expect(membersOf(DELICATE)).to.deep.equal([
      ['big', '12345678901234567890'],
      ['f', '1.0'],
      ['e', '1E400'],
      ['a', '1'],
      ['a', '[ {} , [ ] ]'],
      ['s', '"\\u202e\\"}{,\\\\"'],
    ]);
    expect(membersOf(' { } ')).to.deep.equal([]);
  });

  it('is cut into elements, each with its exact text', () => {
    expect(elementsOf(` [ 1.0 , ${DELICATE} , "]" , null ] `)).to.deep.equal(['1.0', DELICATE, '"]"', 'null']);
    expect(elementsOf('[]')).to.deep.equal([]);
  });

  it('keeps each part of any JSON as it is', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (values, space) => {
        const text = JSON.stringify(values, null, space);
        const parts = elementsOf(text);
        expect(parts.every((part) => text.includes(part))).to.equal(true);
        expect(parts.map((part) => JSON.parse(part) as unknown)).to.deep.equal(JSON.parse(text));
      }),
      runs(),
    );
  });

  it('is refused when it is something else', () => {
    for (const text of ['', '[]', '{"a"}', '{"a":1', '{"a":[1}', '<h1>', '{"a":"']) {
      expect(() => membersOf(text), text).to.throw(SyntaxError);
    }
  });

  it('is indented without a change to anything but the space between its parts', () => {
    expect(indented('{"f":1.0,"a":[],"a":[1,{"b":"x: [1]"}],"o":{ }}')).to.equal(
      '{\n  "f": 1.0,\n  "a": [],\n  "a": [\n    1,\n    {\n      "b": "x: [1]"\n    }\n  ],\n  "o": {}\n}',
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(indented(JSON.stringify(value))).to.equal(JSON.stringify(value, null, 2));
      }),
      runs(),
    );
  });

  it('is indented as far as it goes when it ends too soon, or is no JSON', () => {
    expect(indented('{"a":[1,"b')).to.equal('{\n  "a": [\n    1,\n    "b');
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(bare(indented(text))).to.equal(bare(text));
      }),
      runs(),
    );
  });

  it('is told from other texts before it is offered to be indented', () => {
    expect(['{}', '[1]', '1', '"a"', 'null', '{"a":1… [cut: 1 of 2 bytes]', ''].map(isStructured)).to.deep.equal([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('A page of events', () => {
  it('has the data of each as the text that was sent', () => {
    const event = '{"event_id":"e","data":{"n":1.0,"n":12345678901234567890},"name":"data\\u0000"}';
    const { events, next_cursor } = readEvents(`{"events":[${event},${event}],"next_cursor":"c"}`);
    expect(next_cursor).to.equal('c');
    expect(events).to.have.length(2);
    expect(events[1]).to.include({
      event_id: 'e',
      name: 'data\u0000',
      data: '{"n":1.0,"n":12345678901234567890}',
    });
  });

  it('may be empty, and the last', () => {
    expect(readEvents('{"events":[],"next_cursor":null}')).to.deep.equal({ events: [], next_cursor: null });
  });
});

function bare(text: string): string {
  return text.replaceAll(/\s/g, '');
}
