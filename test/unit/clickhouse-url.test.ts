import { expect } from 'chai';
import { readConfig } from '../../server/config/environment.ts';
import { thrownBy } from '../support/thrown.ts';

function issuesOf(env: NodeJS.ProcessEnv) {
  const { issues } = thrownBy(() => readConfig(env));
  return Object.fromEntries(issues.map(({ path, message }) => [path, message]));
}

describe('CLICKHOUSE_URL', () => {
  it('reads the addresses of the nodes of a cluster', () => {
    const env = { CLICKHOUSE_URL: 'http://a:8123, https://b:8443', CLICKHOUSE_CLUSTER: 'main-2' };
    expect(readConfig(env).clickhouse).to.deep.include({
      urls: ['http://a:8123', 'https://b:8443'],
      cluster: 'main-2',
    });
    expect(readConfig({ ...env, CLICKHOUSE_URL: 'http://a:8123' }).clickhouse?.cluster).to.equal('main-2');
  });

  it('takes an address with a slash at its end', () => {
    expect(readConfig({ CLICKHOUSE_URL: 'http://a:8123/' }).clickhouse?.urls).to.deep.equal(['http://a:8123/']);
  });

  it('refuses several addresses without a cluster, and a cluster without addresses', () => {
    expect(issuesOf({ CLICKHOUSE_URL: 'http://a:8123,http://b:8123' })).to.deep.equal({
      CLICKHOUSE_URL:
        'received 2 addresses, expected one, or the name of their cluster in CLICKHOUSE_CLUSTER: each server by ' +
        'itself would have only a part of the events',
    });
    expect(issuesOf({ CLICKHOUSE_CLUSTER: 'main' })).to.deep.equal({
      CLICKHOUSE_URL: 'received nothing, expected the addresses of all nodes of CLICKHOUSE_CLUSTER',
    });
    expect(issuesOf({ CLICKHOUSE_URL: 'http://a:8123,b:8123', CLICKHOUSE_CLUSTER: "x'" })).to.have.all.keys(
      'CLICKHOUSE_URL',
      'CLICKHOUSE_CLUSTER',
    );
  });

  for (const rest of ['/analytics', '/analytics/', '/?database=other', '?database=other', '#other']) {
    it(`refuses an address with ${rest} behind it, which would go before other variables`, () => {
      expect(issuesOf({ CLICKHOUSE_URL: `http://db:8123${rest}` })).to.deep.equal({
        CLICKHOUSE_URL:
          'received "http://db:8123/…", expected http://HOST:PORT or https://HOST:PORT, with the user in ' +
          'CLICKHOUSE_USER and CLICKHOUSE_PASSWORD',
      });
    });
  }

  const urlsWithPasswords = [
    'http://ada:s3cret@db:8123',
    'https://:s3cret@db:8123',
    'http://s3cret@db:8123',
    'ftp://ada:s3cret@db:8123',
    'ada:s3cret@db:8123',
    // No URLs at all, because of an unescaped "#", a port out of range, and a space.
    'http://ada:s3cret#1@db:8123',
    'http://ada:s3cret@db:99999',
    'http://ada:s3cret@d b:8123',
    '//ada:s3cret@db:8123',
    'http://ada:1#s3cret@db:8123',
    'http://db:8123/?password=s3cret',
  ];
  for (const url of urlsWithPasswords) {
    it(`refuses ${url} without printing the password`, () => {
      const error = thrownBy(() => readConfig({ CLICKHOUSE_URL: url }));
      expect(error.issues.map(({ path: name }) => name)).to.deep.equal(['CLICKHOUSE_URL']);
      expect(error.message).to.include('CLICKHOUSE_PASSWORD');
      expect(JSON.stringify([error.message, error.issues])).to.not.include('s3cret');
    });
  }
});
