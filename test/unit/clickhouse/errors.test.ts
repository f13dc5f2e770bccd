import { ClickHouseError } from '@clickhouse/client';
import { expect } from 'chai';
import { classify, codeOf, NotReady } from '../../../server/clickhouse/errors.ts';

function refusal(code: string): ClickHouseError {
  return new ClickHouseError({ message: 'no', code, type: 'ANY' });
}

function violated(name: string, user: string, sender = ''): ClickHouseError {
  const values = `Expression: (user != 'x'). Column values: user = '${user}'. `;
  const message = `${sender}Constraint \`${name}\` for table a.events (uuid) is violated at row 1. ${values}`;
  return new ClickHouseError({ message, code: '469', type: 'VIOLATED_CONSTRAINT' });
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

  it('takes a constraint for a judgement of rows, and the freeze of a repair for a matter of the server', () => {
    expect(classify(violated('c', 'Constraint `hourly_repair` for table '))).to.equal('request');
    expect(classify(violated('hourly_repair', 'ada'))).to.equal('server');
    const sender = 'Received from 127.0.0.1:9000. DB::Exception: ';
    expect(classify(violated('hourly_repair', 'ada', sender))).to.equal('server');
    expect(classify(violated('c', `${sender}Constraint \`hourly_repair\` for table `))).to.equal('request');
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
