import { startEngine } from '../../../clickhouse/embedded/embedded.ts';
import { serverFiles } from '../../../clickhouse/embedded/engine-files.ts';
import { engineEndpoint } from '../../../clickhouse/embedded/engine-users.ts';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import type { Closing } from '../../../server/closing.ts';
import { createLogger } from '../../../server/common/log.ts';
import { startTwoShards } from './shards.ts';
import { tempDir } from '../temp-dir.ts';

const DATABASES = 'test_*';
const IMAGE = 'clickhouse/clickhouse-server:26.7';
const HTTP_PORT = 8123;

/**
 * @param which `embedded`, `shards` (a cluster of two embedded engines), `testcontainers`, or the URL of a running server, with user and password if it needs them
 * @param closing is told how to end what was started
 */
export async function startTestClickHouse(which: string, closing: Closing): Promise<ClickHouseEndpoint> {
  if (which === 'embedded') return startEmbedded(closing);
  if (which === 'shards') return (await startTwoShards(DATABASES, closing)).endpoint;
  if (which === 'testcontainers') return startContainer(closing);
  if (URL.canParse(which)) return runningServer(new URL(which));
  throw new Error(
    `TEST_CLICKHOUSE: received "${which}", expected embedded, shards, testcontainers or http://HOST:PORT`,
  );
}

async function startEmbedded(closing: Closing): Promise<ClickHouseEndpoint> {
  const directory = await tempDir();
  closing.add('engine directory', () => directory.remove());
  const engine = await startEngine({
    directory: directory.path,
    log: createLogger('warn'),
    database: DATABASES,
  });
  closing.add('engine', () => engine.close());
  return engine.endpoint;
}

/** The server image with the project's own configuration. Needs Docker, and the package only then. */
async function startContainer(closing: Closing): Promise<ClickHouseEndpoint> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const files = await serverFiles(DATABASES);
  const container = await new GenericContainer(IMAGE)
    .withExposedPorts(HTTP_PORT)
    .withWaitStrategy(Wait.forHttp('/ping', HTTP_PORT))
    // Plenty for the tests, and no more than any machine allows.
    .withUlimits({ nofile: { soft: 10_240, hard: 10_240 } })
    // The image would otherwise shut `default` in, or replace it.
    .withEnvironment({ CLICKHOUSE_SKIP_USER_SETUP: '1' })
    .withCopyContentToContainer(
      files.map(({ folder, name, text }) => ({
        content: text,
        target: `/etc/clickhouse-server/${folder}/${name}`,
      })),
    )
    .start();
  closing.add('container', () => container.stop());
  const url = `http://${container.getHost()}:${container.getMappedPort(HTTP_PORT)}`;
  // The users of `users.d/clickhour.xml` as they are there: without passwords, `default` the administrator.
  const users = engineEndpoint(url, { admin: '', ingest: '', query: '', analyst: '' });
  return { ...users, admin: { username: 'default', password: '' }, isEmbedded: false };
}

/** A server that somebody else runs may not have the project's users: one user is all of them. */
function runningServer(url: URL): ClickHouseEndpoint {
  const user = {
    username: decodeURIComponent(url.username) || 'default',
    password: decodeURIComponent(url.password),
  };
  return {
    urls: [url.origin],
    cluster: undefined,
    isEmbedded: false,
    admin: user,
    ingest: user,
    query: user,
    analyst: user,
  };
}
