import { ClickHouseError } from '@clickhouse/client';
import { expect } from 'chai';
import { classify, codeOf, mayBeTheRows, NotReady } from '../../../server/clickhouse/errors.ts';

function refusal(code: string): ClickHouseError {
  return new ClickHouseError({ message: 'no', code, type: 'ANY' });
}

describe('classify', () => {
  it('takes what ClickHouse says of the rows or the SQL for a matter of this request', () => {
    for (const code of ['6', '26', '27', '38', '41', '53', '62', '69', '72', '117', '131', '349', '407']) {
      expect(classify(refusal(code)), code).to.equal('request');
    }
  });

  it('takes what can pass for a matter of the server', () => {
    const passing = {
      TOO_MANY_SIMULTANEOUS_QUERIES: '202',
      TIMEOUT_EXCEEDED: '159',
      TABLE_IS_READ_ONLY: '242',
      TOO_MANY_PARTS: '252',
      MEMORY_LIMIT_EXCEEDED: '241',
      NOT_ENOUGH_SPACE: '243',
      QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: '216',
      AUTHENTICATION_FAILED: '516',
      something_new: '99999',
    };
    for (const [name, code] of Object.entries(passing)) {
      expect(classify(refusal(code)), name).to.equal('server');
    }
  });

  it('takes what is said of tables and columns for a matter of the schema', () => {
    for (const code of ['8', '10', '16', '20', '47', '60', '81', '122']) {
      expect(classify(refusal(code)), code).to.equal('schema');
    }
    expect(classify(new NotReady('schema', 'no table'))).to.equal('schema');
  });

  it('knows what may be for the rows from what says how the server is', () => {
    for (const code of ['6', '469', '241', '76', '74', '131', '1001'])
      expect(mayBeTheRows(refusal(code)), code).to.equal(true);
    for (const code of ['60', '243', '252', '202', '242', '497', '516'])
      expect(mayBeTheRows(refusal(code)), code).to.equal(false);
    expect(mayBeTheRows(new Error('Timeout error.'))).to.equal(true);
    // The check before an INSERT was not answered in time, either.
    const unanswered = new NotReady('server', 'Timeout error.');
    for (const error of [
      new Error('socket hang up'),
      new NotReady('server', 'unavailable'),
      unanswered,
      '62',
      undefined,
    ])
      expect(mayBeTheRows(error)).to.equal(false);
  });

  it('takes what never reached ClickHouse for a matter of the server', () => {
    for (const error of [new Error('socket hang up'), new TypeError('62'), '62', undefined, { code: '62' }]) {
      expect(classify(error)).to.equal('server');
      expect(codeOf(error)).to.equal(undefined);
    }
  });
});

describe('codeOf', () => {
  it('is the code that ClickHouse gave', () => {
    expect(codeOf(refusal('60'))).to.equal('60');
  });
});
