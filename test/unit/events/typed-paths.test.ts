import { expect } from 'chai';
import * as fc from 'fast-check';
import { TYPED_LIMITS, TypedPaths } from '../../../server/events/data/typed-paths.ts';
import { jsonObjectText } from '../../support/events/json-text.ts';
import { runs } from '../../support/events/property.ts';

/** As many members, each with a name of its own. */
function members(count: number, prefix = 'm'): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, n]));
}

/** As many objects, one in the other, with a value in the innermost. */
function nested(levels: number): object {
  return levels === 1 ? { a: 1 } : { a: nested(levels - 1) };
}

function allows(data: object): boolean {
  return new TypedPaths().allows(data);
}

function parsed(text: string): object {
  return JSON.parse(text) as object;
}

describe('TypedPaths', () => {
  it('allows what events usually are', () => {
    const paths = new TypedPaths();
    const rsvp = {
      venue: { venue_name: 'Hall', lon: 1.5, lat: null },
      group: { group_topics: [{ urlkey: 'a', topic_name: 'A' }, { urlkey: 'b' }], group_city: 'Oslo' },
      guests: [0, 'none', [1, 2]],
      nothing: [],
      empty: {},
    };
    for (const data of [{}, rsvp, rsvp, { form: { first_name: 'John' } }]) {
      expect(paths.allows(data), JSON.stringify(data)).to.equal(true);
    }
  });

  it('allows 256 paths in an event and not 257, those of objects in arrays included, each once', () => {
    expect(allows(members(256))).to.equal(true);
    expect(allows(members(257))).to.equal(false);
    expect(allows({ list: [members(128, 'a'), members(128, 'b')] })).to.equal(true);
    expect(allows({ list: [members(128, 'a'), members(129, 'b')] })).to.equal(false);
    expect(allows({ list: Array.from({ length: 100 }, () => members(256)) })).to.equal(true);
    expect(allows({ a: members(255), b: { c: {} } })).to.equal(true);
    expect(allows({ a: members(255), b: { c: {}, d: [] } })).to.equal(false);
  });

  it('allows 10 levels and 2 arrays within each other, and not more', () => {
    expect(allows(nested(10))).to.equal(true);
    expect(allows(nested(11))).to.equal(false);
    expect(allows({ list: [nested(8)] })).to.equal(true);
    expect(allows({ list: [nested(9)] })).to.equal(false);
    expect(allows({ list: [[1], [{ a: 1 }]], other: [{ list: [1] }] })).to.equal(true);
    expect(allows({ list: [[[1]]] })).to.equal(false);
    expect(allows({ list: [{ list: [{ list: [] }] }] })).to.equal(false);
  });

  it('allows names of 256 characters and not of 257', () => {
    expect(allows({ ['x'.repeat(256)]: 1 })).to.equal(true);
    expect(allows({ ['x'.repeat(257)]: 1 })).to.equal(false);
  });

  it('allows 2,000 paths in its life and none beyond, and goes on to allow the events that have those', () => {
    const paths = new TypedPaths();
    for (let body = 0; body < 20; body += 1) expect(paths.allows(members(100, `body${body}_`))).to.equal(true);
    expect(paths.allows({ another: 1 })).to.equal(false);
    expect(paths.allows({ body0_0: 1, another: 1 })).to.equal(false);
    expect(paths.allows({ body0_0: { below: 1 } })).to.equal(false);
    expect(paths.allows({ body0_0: [] })).to.equal(true);
    expect(paths.allows({ body0_0: [1] })).to.equal(false);
    for (let body = 0; body < 20; body += 1) expect(paths.allows(members(100, `body${body}_`))).to.equal(true);
    expect(paths.allows({})).to.equal(true);
  });

  it('tells a member with a dot from one within another, and the names that every object has from those it was given', () => {
    const paths = new TypedPaths({ ...TYPED_LIMITS, maxPaths: 4 });
    expect(paths.allows(parsed('{"a.b":1,"a":{"b":1}}'))).to.equal(true);
    expect(paths.allows(parsed('{"__proto__":{"x":1},"constructor":1}'))).to.equal(true);
    expect(paths.allows(parsed('{"toString":1}'))).to.equal(false);
  });

  it('keeps nothing of an event that it does not allow', () => {
    const paths = new TypedPaths({ ...TYPED_LIMITS, maxPaths: 10 });
    for (let event = 0; event < 100; event += 1) {
      expect(paths.allows({ [`a${event}`]: [members(8)], b: nested(11) })).to.equal(false);
      expect(paths.allows({ list: [{ x: 1 }, members(10)] })).to.equal(false);
    }
    expect(paths.allows({ list: [members(10)] })).to.equal(true);
    expect(paths.allows({ list: [{ m0: 1 }] })).to.equal(true);
  });

  it('says of any payload what a count of its paths says', () => {
    const limits = { maxLeaves: 12, maxDepth: 4, maxArrays: 1, maxNameCharacters: 20, maxPaths: 60 };
    fc.assert(
      fc.property(fc.array(jsonObjectText, { maxLength: 30 }), (texts) => {
        const paths = new TypedPaths(limits);
        const known = new Set<string>();
        for (const data of texts.map(parsed)) {
          const found = pathsOf(data);
          const all = new Set([...known, ...found.leaves]);
          const expected =
            found.leaves.size <= limits.maxLeaves &&
            found.depth <= limits.maxDepth &&
            found.arrays <= limits.maxArrays &&
            found.nameCharacters <= limits.maxNameCharacters &&
            all.size <= limits.maxPaths;
          expect(paths.allows(data), JSON.stringify(data)).to.equal(expected);
          if (expected) for (const leaf of found.leaves) known.add(leaf);
        }
      }),
      runs(300),
    );
  });

  it('takes no more than twice the time of JSON.parse for an event of 40 paths', () => {
    const paths = new TypedPaths();
    const data = { a: members(20), b: [members(20), members(20)] };
    const text = JSON.stringify(data);
    const parsing = bestMs(() => void JSON.parse(text));
    expect(bestMs(() => void paths.allows(data))).to.be.below(2 * parsing);
  });
});

/** The time that a run takes when nothing disturbs it. */
function bestMs(run: () => void): number {
  const rounds = Array.from({ length: 5 }, () => {
    const started = performance.now();
    for (let n = 0; n < 5_000; n += 1) run();
    return performance.now() - started;
  });
  return Math.min(...rounds);
}

interface Found {
  readonly leaves: ReadonlySet<string>;
  readonly depth: number;
  readonly arrays: number;
  readonly nameCharacters: number;
}

/** The plain way to count: every path as a text. */
function pathsOf(data: object): Found {
  const leaves = new Set<string>();
  const found = { leaves, depth: 1, arrays: 0, nameCharacters: 0 };
  const walk = (value: unknown, path: string, depth: number, arrays: number): void => {
    if (typeof value !== 'object' || value === null) {
      leaves.add(path);
      return;
    }
    found.depth = Math.max(found.depth, depth);
    found.arrays = Math.max(found.arrays, arrays);
    const isArray = Array.isArray(value);
    const inner = isArray
      ? value.map((item): [string, unknown] => [`${path}[]`, item])
      : Object.entries(value).map(([name, member]): [string, unknown] => {
          found.nameCharacters = Math.max(found.nameCharacters, name.length);
          return [`${path}.${JSON.stringify(name)}`, member];
        });
    if (inner.length === 0 && path !== '') leaves.add(path);
    for (const [below, member] of inner) walk(member, below, depth + 1, arrays + (Array.isArray(member) ? 1 : 0));
  };
  walk(data, '', 1, 0);
  return found;
}
