import { parse } from 'node:querystring';
import { expect } from 'chai';
import { canonicalTop } from '../../../server/http/routes/top-events.ts';
import { parameterReader } from '../../../server/http/operation/parameters.ts';
import { TopQuery } from '../../../server/http/routes/top-events-schemas.ts';

const read = parameterReader<typeof TopQuery>(TopQuery);
const keyOf = (querystring: string) => canonicalTop(read(parse(querystring)));

describe('The key of a live question', () => {
  it('is the same for the ways to write one question', () => {
    expect(keyOf('by=name&limit=10&other=1')).to.equal(keyOf(''));
    expect(keyOf('from=2024-05-17T12:00:00Z&by=user')).to.equal(keyOf('by=user&from=1715947200000'));
    expect(keyOf('where=data.a:1&where=data.b:2&where=data.a:1')).to.equal(keyOf('where=data.b:2&where=data.a:1'));
    expect(keyOf('window=1h&category=a%20b')).to.equal(keyOf('category=a+b&window=1h'));
  });

  it('is another for every other question', () => {
    const queries = [
      '',
      'by=category',
      'by=data.name',
      'application=name',
      'application=',
      'category=name',
      'name=name',
      'window=1h',
      'window=15m',
      'from=0',
      'to=0',
      'to=3600000',
      'window=1h&to=3600000',
      'unique=data.a',
      'where=data.a:b',
      'where=data.a:b%22,%22data.c:d',
      'where=data.a:b&where=data.c:d',
      'show=data.a',
      'show=data.a,data.b',
      'limit=9',
    ];
    expect(new Set(queries.map(keyOf)).size).to.equal(queries.length);
  });
});
