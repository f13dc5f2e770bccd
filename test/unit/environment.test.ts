import path from 'node:path';
import { expect } from 'chai';
import { defaults, type Config } from '../../server/config/config.ts';
import { readConfig } from '../../server/config/environment.ts';
import { apiKey } from '../support/http/api-keys.ts';
import { thrownBy } from '../support/thrown.ts';

function issuesOf(env: NodeJS.ProcessEnv) {
  const error = thrownBy(() => readConfig(env));
  expect(error.code).to.equal('invalid');
  for (const { path: name, message } of error.issues) expect(error.message).to.include(`${name}: ${message}`);
  return Object.fromEntries(error.issues.map(({ path: name, message }) => [name, message]));
}

const KEY = apiKey('shop-key', 'shop', 'write');

describe('readConfig', () => {
  it('gives the documented defaults for an empty environment', () => {
    expect(readConfig({})).to.deep.equal(defaults);
    expect(defaults).to.deep.include({
      host: '127.0.0.1',
      port: 8080,
      dataDir: path.resolve('data'),
      clickhouse: undefined,
      database: 'analytics',
      logLevel: 'info',
      workers: 1,
      maxFutureMs: 300_000,
      maxBodyBytes: 10_485_760,
    });
    expect(defaults.journal).to.include({ batchMaxWaitMs: 500, maxBytes: 10_737_418_240 });
    expect(defaults.cache.ttlMs).to.equal(1000);
  });

  it('takes an empty variable for an unset one, and ignores variables of others', () => {
    expect(readConfig({ PORT: '', HOST: '', CLICKHOUSE_URL: '', HOME: '/root' })).to.deep.equal(defaults);
  });

  const { journal, cache, trust } = defaults;
  const good: readonly (readonly [Record<string, string>, Partial<Config>])[] = [
    [{ HOST: 'localhost' }, { host: 'localhost' }],
    [{ HOST: '127.1.2.3' }, { host: '127.1.2.3' }],
    [{ HOST: '::1' }, { host: '::1' }],
    [{ HOST: '0.0.0.0', ALLOW_ANONYMOUS: '1' }, { host: '0.0.0.0' }],
    [{ PORT: '0' }, { port: 0 }],
    [{ PORT: '65535' }, { port: 65_535 }],
    [{ DATA_DIR: '/var/lib/clickhour' }, { dataDir: '/var/lib/clickhour' }],
    [{ DATA_DIR: 'elsewhere' }, { dataDir: path.resolve('elsewhere') }],
    [{ CLICKHOUSE_DATABASE: 'shop_2' }, { database: 'shop_2' }],
    [{ BATCH_MAX_WAIT_MS: '50' }, { journal: { ...journal, batchMaxWaitMs: 50 } }],
    [{ JOURNAL_MAX_BYTES: '10GiB' }, { journal: { ...journal, maxBytes: 10 * 1024 ** 3 } }],
    [{ JOURNAL_MAX_BYTES: '32KiB' }, { journal: { ...journal, maxBytes: 32 * 1024 } }],
    [{ JOURNAL_MAX_BYTES: '1 MiB' }, { journal: { ...journal, maxBytes: 1024 ** 2 } }],
    [{ MAX_BODY_BYTES: '2KiB' }, { maxBodyBytes: 2048 }],
    [{ MAX_BODY_BYTES: '1000' }, { maxBodyBytes: 1000 }],
    [{ CACHE_TTL_MS: '0' }, { cache: { ...cache, ttlMs: 0 } }],
    [{ MAX_FUTURE_MS: '0' }, { maxFutureMs: 0 }],
    [{ LOG_LEVEL: 'silent' }, { logLevel: 'silent' }],
    [{ WORKERS: '4' }, { workers: 4 }],
    [{ RETENTION_DAYS: '30' }, { retentionDays: 30 }],
    [{ ALLOWED_HOSTS: 'stats.example, b' }, { allowedHosts: ['stats.example', 'b'] }],
    [{ CORS_ORIGINS: '*' }, { corsOrigins: ['*'] }],
    [{ CORS_ORIGINS: 'http://a:1, https://b' }, { corsOrigins: ['http://a:1', 'https://b'] }],
    [{ TRUSTED_NETWORKS: '10.0.0.0/8,::1' }, { trust: { ...trust, networks: ['10.0.0.0/8', '::1'] } }],
    [{ TRUSTED_PROXIES: '10.0.0.1' }, { trust: { ...trust, proxies: ['10.0.0.1'] } }],
    [
      { HOST: '::', TRUSTED_NETWORKS: '::1' },
      { host: '::', trust: { ...trust, networks: ['::1'] } },
    ],
    [
      { HOST: '::', API_KEYS: JSON.stringify([KEY]) },
      { host: '::', trust: { ...trust, keys: [KEY] } },
    ],
  ];
  for (const [env, expected] of good) {
    it(`reads ${JSON.stringify(env)}`, () => {
      expect(readConfig(env)).to.deep.equal({ ...defaults, ...expected });
    });
  }

  it('is one user in every role unless the roles are given their own', () => {
    const url = 'http://db:8123';
    const all = { username: 'ada', password: 'secret' };
    const env = { CLICKHOUSE_URL: url, CLICKHOUSE_USER: 'ada', CLICKHOUSE_PASSWORD: 'secret' };
    expect(readConfig(env).clickhouse).to.deep.equal({
      urls: [url],
      cluster: undefined,
      isEmbedded: false,
      admin: all,
      ingest: all,
      query: all,
      analyst: all,
    });
    const roles = {
      CLICKHOUSE_INGEST_USER: 'ingest',
      CLICKHOUSE_QUERY_USER: 'query',
      CLICKHOUSE_ANALYST_USER: 'analyst',
    };
    expect(readConfig({ ...env, ...roles }).clickhouse).to.deep.equal({
      urls: [url],
      cluster: undefined,
      isEmbedded: false,
      admin: all,
      ingest: { ...all, username: 'ingest' },
      query: { ...all, username: 'query' },
      analyst: { ...all, username: 'analyst' },
    });
    expect(readConfig({ ...env, CLICKHOUSE_EMBEDDED: '1' }).clickhouse?.isEmbedded).to.equal(true);
    expect(readConfig({ CLICKHOUSE_URL: url }).clickhouse?.admin).to.deep.equal({
      username: 'default',
      password: '',
    });
  });

  const bad: readonly (readonly [string, string, string])[] = [
    ['PORT', '65536', 'received "65536", expected a whole number from 0 to 65535'],
    ['PORT', '-1', 'received "-1", expected a whole number from 0 to 65535'],
    ['PORT', '80.5', 'received "80.5", expected a whole number from 0 to 65535'],
    ['PORT', 'http', 'received "http", expected a whole number from 0 to 65535'],
    ['BATCH_MAX_WAIT_MS', '0', 'received "0", expected a whole number from 1 to 60000'],
    ['CACHE_TTL_MS', '1s', 'received "1s", expected a whole number from 0 to 60000'],
    ['WORKERS', '0', 'received "0", expected a whole number from 1 to 256'],
    ['RETENTION_DAYS', '0', 'received "0", expected a whole number from 1 to 36500'],
    ['ALLOW_ANONYMOUS', 'yes', 'received "yes", expected a whole number from 0 to 1'],
    [
      'API_KEYS',
      '[{"application":"shop"}]',
      'entry 1 ("shop"): expected as sha256 the 64 hex digits of the key\'s hash, as of printf %s KEY | sha256sum',
    ],
    [
      'TRUSTED_NETWORKS',
      '::1,10.0.0.0/33',
      'received "10.0.0.0/33", expected CIDR blocks or addresses, separated by commas, such as 10.0.0.0/8,fd00::/8',
    ],
    [
      'TRUSTED_PROXIES',
      'proxy',
      'received "proxy", expected CIDR blocks or addresses, separated by commas, such as 10.0.0.0/8,fd00::/8',
    ],
    [
      'CORS_ORIGINS',
      'https://a/',
      'received "https://a/", expected * or origins, separated by commas, such as https://shop.example',
    ],
    [
      'CORS_ORIGINS',
      'shop.example',
      'received "shop.example", expected * or origins, separated by commas, such as https://shop.example',
    ],
    [
      'CORS_ORIGINS',
      'null',
      'received "null", expected * or origins, separated by commas, such as https://shop.example',
    ],
    ['MAX_FUTURE_MS', '1e3', 'received "1e3", expected a whole number from 0 to 3153600000000'],
    [
      'JOURNAL_MAX_BYTES',
      '10GB',
      'received "10GB", expected bytes from 32768 to 9007199254740991, such as 1048576 or 1MiB',
    ],
    ...['0', '32767'].map(
      (value) =>
        [
          'JOURNAL_MAX_BYTES',
          value,
          `received "${value}", expected bytes from 32768 to 9007199254740991, such as 1048576 or 1MiB`,
        ] as const,
    ),
    ['MAX_BODY_BYTES', '2GiB', 'received "2GiB", expected bytes from 1 to 134217728, such as 1048576 or 1MiB'],
    ['LOG_LEVEL', 'loud', 'received "loud", expected one of fatal, error, warn, info, debug, trace, silent'],
    [
      'CLICKHOUSE_DATABASE',
      'a; DROP',
      'received "a; DROP", expected letters, digits and underscores, starting with no digit',
    ],
    [
      'CLICKHOUSE_URL',
      'db:8123',
      'received "db://", expected http://HOST:PORT or https://HOST:PORT, with the user in CLICKHOUSE_USER and CLICKHOUSE_PASSWORD',
    ],
    [
      'CLICKHOUSE_URL',
      'db',
      'received "db", expected http://HOST:PORT or https://HOST:PORT, with the user in CLICKHOUSE_USER and CLICKHOUSE_PASSWORD',
    ],
  ];
  for (const [name, value, message] of bad) {
    it(`refuses ${name}=${value}, saying what came and what was expected`, () => {
      expect(issuesOf({ [name]: value })).to.deep.equal({ [name]: message });
    });
  }

  it('lists every wrong variable in one message', () => {
    const env = { PORT: 'x', WORKERS: '0', LOG_LEVEL: 'loud', HOST: '0.0.0.0', CLICKHOUSE_URL: 'ftp://db' };
    expect(issuesOf(env)).to.have.all.keys(Object.keys(env));
    expect(thrownBy(() => readConfig(env)).message.split('\n')).to.have.length(6);
  });

  for (const host of ['0.0.0.0', '::', '192.168.1.1', 'example.com', '128.0.0.1', '127.evil.com']) {
    it(`refuses to listen on ${host} while everything is open, unless that is intended`, () => {
      for (const anonymous of [{}, { ALLOW_ANONYMOUS: '0' }]) {
        expect(issuesOf({ HOST: host, ...anonymous })['HOST']).to.equal(
          `received "${host}", expected a loopback address, because anyone who reaches it may write and read; set API_KEYS, or ALLOW_ANONYMOUS=1 if that is intended`,
        );
      }
      expect(readConfig({ HOST: host, ALLOW_ANONYMOUS: '1' }).host).to.equal(host);
    });
  }

  it('says nothing of the exposure while it cannot read who is trusted', () => {
    for (const name of ['ALLOW_ANONYMOUS', 'API_KEYS', 'TRUSTED_NETWORKS', 'TRUSTED_PROXIES']) {
      expect(issuesOf({ HOST: '0.0.0.0', [name]: 'yes' })).to.have.all.keys(name);
    }
  });

  it('does not take proxies for someone who is trusted to write', () => {
    expect(issuesOf({ HOST: '0.0.0.0', TRUSTED_PROXIES: '10.0.0.1' })).to.have.all.keys('HOST');
  });
});
