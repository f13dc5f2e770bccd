import { parse } from 'node:querystring';
import { expect } from 'chai';
import { Type } from 'typebox';
import { parameterReader, Time } from '../../../server/http/operation/parameters.ts';
import { thrownBy } from '../../support/thrown.ts';

const read = parameterReader(
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 3, description: 'one name of 1 to 3 characters' }),
    limit: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 100,
      description: 'a whole number from 1 to 1000',
    }),
    order: Type.Optional(Type.Enum(['asc', 'desc'], { description: 'asc or desc' })),
    where: Type.Optional(
      Type.Array(Type.String({ pattern: ':' }), { maxItems: 2, description: 'up to 2 of path:value' }),
    ),
    from: Type.Optional(Time),
  }),
);

const issuesOf = (query: string) =>
  thrownBy(() => read(parse(query))).issues.map(({ path, message }) => `${path}: ${message}`);

describe('parameterReader', () => {
  it('gives what the schema says, defaults included', () => {
    expect(read(parse('name=ada'))).to.deep.equal({ name: 'ada', limit: 100 });
    expect(read(parse('name=a&limit=7&order=asc&where=a:b&from=0'))).to.deep.equal({
      name: 'a',
      limit: 7,
      order: 'asc',
      where: ['a:b'],
      from: '0',
    });
    expect(read(parse('name=a&where=a:b&where=c:d'))).to.deep.include({ where: ['a:b', 'c:d'] });
  });

  it('decodes, and counts characters as people do', () => {
    expect(read(parse('name=a+b')).name).to.equal('a b');
    expect(read(parse('name=%F0%9F%91%A9%F0%9F%91%A9%F0%9F%91%A9')).name).to.equal('👩👩👩');
  });

  it('ignores parameters that it does not know', () => {
    expect(read(parse('name=a&utm=x&__proto__=y&constructor=z'))).to.deep.equal({ name: 'a', limit: 100 });
  });

  const bad: Readonly<Record<string, readonly string[]>> = {
    '': ['name: received nothing, expected one name of 1 to 3 characters'],
    'name=': ['name: received "", expected one name of 1 to 3 characters'],
    'name=abcd': ['name: received "abcd", expected one name of 1 to 3 characters'],
    'name=a&name=b': ['name: received ["a","b"], expected one name of 1 to 3 characters'],
    'name=a&limit=0': ['limit: received "0", expected a whole number from 1 to 1000'],
    'name=a&limit=1001': ['limit: received "1001", expected a whole number from 1 to 1000'],
    'name=a&limit=1e2': ['limit: received "1e2", expected a whole number from 1 to 1000'],
    'name=a&limit=0x9': ['limit: received "0x9", expected a whole number from 1 to 1000'],
    'name=a&limit= 9': ['limit: received " 9", expected a whole number from 1 to 1000'],
    'name=a&limit=9.0': ['limit: received "9.0", expected a whole number from 1 to 1000'],
    'name=a&limit=': ['limit: received "", expected a whole number from 1 to 1000'],
    'name=a&limit=1&limit=2': ['limit: received ["1","2"], expected a whole number from 1 to 1000'],
    'name=a&order=up': ['order: received "up", expected asc or desc'],
    'name=a&where=x': ['where: received "x", expected up to 2 of path:value'],
    'name=a&where=a:b&where=x': ['where: received ["a:b","x"], expected up to 2 of path:value'],
    'name=a&from=never': [
      'from: received "never", expected ISO 8601 or milliseconds since the epoch, from 1970 to 2099',
    ],
    'limit=x&order=up': [
      'name: received nothing, expected one name of 1 to 3 characters',
      'limit: received "x", expected a whole number from 1 to 1000',
      'order: received "up", expected asc or desc',
    ],
  };
  for (const [query, expected] of Object.entries(bad)) {
    it(`refuses "${query}", one issue a parameter`, () => {
      expect(issuesOf(query)).to.have.members(expected);
    });
  }
});
