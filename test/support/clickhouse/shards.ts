import { startEngine, type Engine } from '../../../clickhouse/embedded/embedded.ts';
import { choosePorts, type EnginePorts } from '../../../clickhouse/embedded/free-ports.ts';
import { engineFiles, type ServerFile } from '../../../clickhouse/embedded/engine-files.ts';
import { engineEndpoint, newPasswords, type EnginePasswords } from '../../../clickhouse/embedded/engine-users.ts';
import { keepPasswords } from '../../../clickhouse/embedded/passwords.ts';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import type { Closing } from '../../../server/closing.ts';
import { createLogger } from '../../../server/common/log.ts';
import { tempDir } from '../temp-dir.ts';

/** One shard: an embedded engine, without replicas. */
export interface Shard {
  /** Of this node alone. */
  readonly endpoint: ClickHouseEndpoint;
  /** Of the engine that runs now; another one after a crash. */
  readonly pid: number;
  /** In order; it stays away until it is started. */
  stop(): Promise<void>;
  /** At the same address, with what it held. */
  start(): Promise<void>;
}

/** A cluster on this machine. */
export interface Shards {
  /** All nodes that there are now. */
  readonly endpoint: ClickHouseEndpoint;
  readonly shards: readonly [Shard, Shard, ...Shard[]];
  /**
   * Starts one more, empty, and then each of the others again, one after the other, with a list that has it: an embedded
   * engine reads `remote_servers` only when it starts. Nothing is migrated.
   */
  addShard(): Promise<void>;
}

const CLUSTER = 'test_shards';

/**
 * @param databases which ones the service's users may touch, such as `test_*`
 * @param closing is told how to end what was started
 */
export async function startTwoShards(databases: string, closing: Closing): Promise<Shards> {
  const members: EnginePorts[] = [];
  const directories: { remove(): Promise<void> }[] = [];
  // The users of a cluster are the same on each of its nodes.
  const passwords = newPasswords();
  const open = async (): Promise<Shard> => {
    const ports = await choosePorts({ http: 0, tcp: 0 });
    members.push(ports);
    const directory = await tempDir();
    directories.push(directory);
    await keepPasswords(await engineFiles(directory.path), passwords);
    const log = createLogger('silent');
    return new EmbeddedShard(ports, passwords, () => {
      const serverFiles = [remoteServers(members)];
      return startEngine({ directory: directory.path, log, database: databases, serverFiles, ports });
    });
  };
  const shards: [Shard, Shard, ...Shard[]] = [await open(), await open()];
  // Side by side, because an engine takes seconds to end.
  closing.add('shards', async () => {
    await Promise.all(shards.map((shard) => shard.stop()));
    for (const directory of directories) await directory.remove();
  });
  await Promise.all(shards.map((shard) => shard.start()));
  return {
    get endpoint() {
      const [first, ...others] = shards;
      const urls = [first.endpoint.urls[0], ...others.map(({ endpoint }) => endpoint.urls[0])] as const;
      return { ...first.endpoint, urls };
    },
    shards,
    async addShard() {
      const others = [...shards];
      const added = await open();
      shards.push(added);
      await added.start();
      for (const shard of others) {
        await shard.stop();
        await shard.start();
      }
    },
  };
}

class EmbeddedShard implements Shard {
  readonly endpoint: ClickHouseEndpoint;
  readonly #start: () => Promise<Engine>;
  #engine: Engine | undefined;

  constructor({ http }: EnginePorts, passwords: EnginePasswords, start: () => Promise<Engine>) {
    this.endpoint = { ...engineEndpoint(`http://127.0.0.1:${http}`, passwords), cluster: CLUSTER };
    this.#start = start;
  }

  get pid(): number {
    if (this.#engine === undefined) throw new Error('the shard is stopped');
    return this.#engine.pid;
  }

  async stop(): Promise<void> {
    await this.#engine?.close();
    this.#engine = undefined;
  }

  async start(): Promise<void> {
    const engine = await this.#start();
    this.#engine = engine;
    const [expected] = this.endpoint.urls;
    if (engine.endpoint.urls[0] !== expected) throw new Error(`another process has taken the port of ${expected}`);
  }
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
