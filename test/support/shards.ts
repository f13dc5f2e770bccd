import { startEngine, type Engine } from '../../clickhouse/embedded.ts';
import { choosePorts } from '../../clickhouse/free-ports.ts';
import type { EnginePorts } from '../../clickhouse/free-ports.ts';
import type { ServerFile } from '../../clickhouse/engine-files.ts';
import type { ClickHouseEndpoint } from '../../server/clickhouse/endpoint.ts';
import type { Closing } from '../../server/closing.ts';
import { createLogger } from '../../server/log.ts';
import { tempDir } from './temp-dir.ts';

/** A cluster of embedded engines on this machine, each a shard without replicas. */
export interface Shards {
  /** All of them. */
  readonly endpoint: ClickHouseEndpoint;
  /** In the order of the shards. */
  readonly engines: readonly Engine[];
}

const CLUSTER = 'test_shards';

/**
 * @param databases which ones the service's users may touch, such as `test_*`
 * @param closing is told how to end what was started
 */
export async function startShards(number: number, databases: string, closing: Closing): Promise<Shards> {
  const ports = await Promise.all(Array.from({ length: number }, async () => choosePorts(undefined)));
  const engines: Engine[] = [];
  for (const own of ports) {
    const directory = await tempDir();
    closing.add('shard directory', () => directory.remove());
    const engine = await startEngine({
      directory: directory.path,
      log: createLogger('silent'),
      database: databases,
      serverFiles: [remoteServers(ports)],
      ports: own,
    });
    closing.add('shard', () => engine.close());
    engines.push(engine);
  }
  const [first, ...others] = engines.map(({ endpoint }) => endpoint);
  if (first === undefined) throw new RangeError(`received ${number} shards, expected at least 1`);
  const urls = [first.urls[0], ...others.map((endpoint) => endpoint.urls[0])] as const;
  return { endpoint: { ...first, urls, cluster: CLUSTER }, engines };
}

/** With a secret, a shard knows on whose behalf another node asks, and the grants of that user hold there too. */
function remoteServers(ports: readonly EnginePorts[]): ServerFile {
  const shards = ports.map(
    ({ tcp }) => `
            <shard>
                <internal_replication>true</internal_replication>
                <replica><host>127.0.0.1</host><port>${tcp}</port></replica>
            </shard>`,
  );
  const text = `<clickhouse>
    <remote_servers>
        <${CLUSTER}>
            <secret>between the shards of a test</secret>${shards.join('')}
        </${CLUSTER}>
    </remote_servers>
</clickhouse>
`;
  return { folder: 'config.d', name: 'remote-servers.xml', text };
}
