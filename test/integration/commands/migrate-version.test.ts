import { expect } from 'chai';
import { AppError } from '../../../server/common/errors.ts';
import { createLogger } from '../../../server/common/log.ts';
import { connect, rowsOf } from '../../../server/clickhouse/client.ts';
import { migrate } from '../../../server/migrate/migrator.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { Closing } from '../../../server/closing.ts';
import { failure } from '../../support/http/outcome.ts';
import { PASS, startProxy, type Fault } from '../../support/server/proxy.ts';

/** Of the release before the first that is supported. */
const OLDER: Fault = { do: 'instead', query: "SELECT '26.6.3.1' AS version FORMAT JSONEachRow" };

describe('migrations of a ClickHouse that is too old', () => {
  let closing: Closing;

  beforeEach(() => {
    closing = new Closing();
  });
  afterEach(async () => closing.close());

  it('change nothing, and say which version it must be', async () => {
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const proxy = await startProxy({
      target: testEndpoint().urls[0],
      judge: ({ query }) => (query.includes('version()') ? OLDER : PASS),
    });
    closing.add('proxy', () => proxy.close());
    const endpoint = { ...testEndpoint(), urls: [proxy.url] } as const;
    const error = await failure(migrate({ endpoint, database: database.name, log: createLogger('silent') }));
    expect(error).to.be.instanceOf(AppError).and.include({ code: 'invalid' });
    expect(error)
      .to.have.property('message')
      .that.includes("ClickHouse's version: found 26.6.3.1, expected 26.7 or later");
    const client = connect({ endpoint: testEndpoint(), role: 'admin', database: database.name });
    closing.add('client', () => client.close());
    expect(await rowsOf(client, 'SHOW TABLES')).to.deep.equal([]);
  });
});
