import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpointEnv } from '../../../bench/servers/endpoint-env.ts';
import { Closing } from '../../../server/closing.ts';
import type { HealthReport } from '../../../server/health/health.ts';
import type { FaultyServerOptions } from '../../support/server/faulty-server-process.ts';
import { eventually } from '../../support/http/outcome.ts';
import { PASS, startProxy, type Asked, type Fault, type Proxy } from '../../support/server/proxy.ts';
import type { Break } from './breaks/breaks.ts';
import { breakView } from './breaks/broken-views.ts';
import { NO_EXCEPTIONS, type Exceptions } from './check-ledger.ts';
import type { ClickHouseProcess } from './clickhouse-process.ts';
import type { CutMachine } from './disks/cut-machine.ts';
import { drainJournal, STUCK_MS } from './disks/drain-journal.ts';
import { FaultServer, type FailPointHits, type FaultServerOptions } from './fault-server.ts';
import { Ledger } from '../../support/events/ledger.ts';
import { losePower } from './disks/power-loss.ts';
import type { Random } from '../../support/events/random.ts';
import { journalFiles, readStoredLedger, type StoredLedger } from './stored-ledger.ts';
import { sendBody, startTraffic, type Traffic, type TrafficOptions } from '../../support/events/traffic.ts';

/** Longer than anybody may wait for what others do. */
const DELAYED: Fault = { do: 'delay', ms: 5000 };

export interface WorldOptions {
  readonly clickhouse: ClickHouseProcess;
  /** What the scenario has to itself, if it does; `clickhouse` is on it. */
  readonly machine?: CutMachine | undefined;
  readonly random: Random;
  /** Empty, and the world's own. */
  readonly directory: string;
  readonly hits: FailPointHits;
  readonly broken?: Break | undefined;
}

export interface ServerOptions extends Pick<FaultServerOptions, 'maxFiles'>, Pick<FaultyServerOptions, 'die'> {
  readonly env?: Readonly<Record<string, string>>;
  /** Servers with the same name share a journal directory. */
  readonly data?: string;
  /** Past the proxy, to ClickHouse itself. */
  readonly isDirect?: boolean;
}

/**
 * Everything that a scenario can use and do harm to: a database of its own on a real ClickHouse, a proxy in front of
 * it, servers in processes of their own, traffic, and the books about all events.
 */
export class World {
  readonly clickhouse: ClickHouseProcess;
  readonly random: Random;
  readonly ledger = new Ledger();
  readonly database = `test_${randomBytes(5).toString('hex')}`;
  readonly closing = new Closing();
  readonly #options: WorldOptions;
  readonly #servers: FaultServer[] = [];
  readonly #dataDirs = new Set<string>();
  readonly #traffics = new Set<Traffic>();
  readonly #refusals = new Map<number, number>();
  #proxy: Proxy | undefined;
  #judge: (asked: Asked) => Fault = () => PASS;
  #kills = 0;
  #fixView: () => Promise<void> = async () => undefined;
  readonly #badExits: string[] = [];
  #except = NO_EXCEPTIONS;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.clickhouse = options.clickhouse;
    this.random = options.random;
  }

  async open(): Promise<void> {
    await this.clickhouse.heal();
    await this.clickhouse.command('default', `CREATE DATABASE ${this.database}`);
    this.closing.add('database', async () =>
      this.clickhouse.command('default', `DROP DATABASE IF EXISTS ${this.database} SYNC`),
    );
    this.#proxy = await startProxy({
      target: this.clickhouse.endpoint.urls[0],
      judge: (asked) => this.#judgeAll(asked),
      onRefusal: (code) => this.#refusals.set(code, this.refusals(code) + 1),
    });
    this.closing.add('proxy', async () => this.#proxy?.close());
    this.closing.add('servers', async () => Promise.all(this.#servers.map(async (server) => server.kill())));
    this.closing.add('traffic', async () => Promise.all([...this.#traffics].map(async (each) => each.stop())));
  }

  /** How many servers ended by SIGKILL, by the harness or at a fail point. */
  get serverKills(): number {
    return this.#kills;
  }

  get exceptions(): Exceptions {
    return this.#except;
  }

  get dataDirs(): readonly string[] {
    return [...this.#dataDirs];
  }

  /** What servers said that ended without being told to. */
  get crashes(): readonly string[] {
    return [...this.#servers.flatMap(({ crash }) => crash ?? []), ...this.#badExits];
  }

  /** How often ClickHouse itself has answered with an error code. */
  refusals(code: number): number {
    return this.#refusals.get(code) ?? 0;
  }

  /** Where the servers that are started with this name keep their journal. */
  dataDir(data = 'data'): string {
    return path.join(this.#options.machine?.directory ?? this.#options.directory, data);
  }

  /** A file or directory of the scenario's own, beside the journals. */
  place(name: string): string {
    return path.join(this.#options.directory, name);
  }

  /** What the proxy does with each INSERT into a table of the service, from now on. */
  onInsert(judge: (asked: Asked) => Fault): void {
    this.#judge = judge;
  }

  /** Says which events the scenario itself has put beyond the guarantee. */
  except(exceptions: Partial<Exceptions>): void {
    this.#except = { ...this.#except, ...exceptions };
  }

  /** Starts a server and waits until it takes requests. */
  async startServer(options: ServerOptions = {}): Promise<FaultServer> {
    const server = this.spawnServer(options);
    await server.listening;
    return server;
  }

  /** The same without waiting: it may be told to die before it listens. */
  spawnServer({ env = {}, data = 'data', isDirect = false, die, maxFiles }: ServerOptions = {}): FaultServer {
    const { directory, hits, broken } = this.#options;
    const dataDir = this.dataDir(data);
    this.#dataDirs.add(dataDir);
    const { endpoint } = this.clickhouse;
    const url = isDirect || this.#proxy === undefined ? endpoint.urls[0] : this.#proxy.url;
    const server = new FaultServer({
      env: {
        ...endpointEnv({ ...endpoint, urls: [url] }),
        CLICKHOUSE_DATABASE: this.database,
        DATA_DIR: dataDir,
        BATCH_MAX_WAIT_MS: '150',
        ...env,
      },
      faults: {
        syncedLog: path.join(directory, `synced-${this.#servers.length}`),
        forgetsToSync: broken === 'ack-before-fsync',
        removesEarly: broken === 'segment-removed-early',
        forgetsRemovals: broken === 'removal-unsynced',
        ...(die === undefined ? {} : { die }),
      },
      ...(maxFiles === undefined ? {} : { maxFiles }),
    });
    this.#servers.push(server);
    this.#countAtEnd(server, hits).catch(() => undefined);
    return server;
  }

  async #countAtEnd(server: FaultServer, hits: FailPointHits): Promise<void> {
    await server.gone;
    server.addHits(hits);
    if (server.diedAt !== undefined) this.#kills += 1;
  }

  /** SIGKILL. With a loss of power what was written and not synced is gone, too; without, it stays. */
  async killServer(server: FaultServer, { losesPower = this.random.isTrue(0.5) } = {}): Promise<void> {
    if (server.isAlive) this.#kills += 1;
    await server.kill();
    if (losesPower) await this.losePower(server);
  }

  /** SIGTERM, after which a server has to end in order. */
  async stopServer(server: FaultServer): Promise<void> {
    if (!server.isAlive) return;
    const code = await server.stop();
    if (code !== 0) this.#badExits.push(`exit code ${code} after SIGTERM`);
  }

  /** For a server that is gone. Not while another server writes into the same journal directory. */
  async losePower({ dataDir, syncedLog }: FaultServer): Promise<void> {
    await losePower(dataDir, syncedLog, this.random);
  }

  /**
   * Cuts the power of the machine that servers and ClickHouse are on: what no disk has acknowledged is gone. ClickHouse is
   * up after, no server is. Only for a scenario with a disk of its own.
   */
  async cutPower(): Promise<void> {
    const { machine } = this.#options;
    if (machine === undefined) throw new Error('received a scenario without a disk of its own');
    // Nobody hears of what is answered from here on.
    this.ledger.hear(false);
    const servers = this.#servers.filter(({ isAlive }) => isAlive);
    this.#kills += servers.length;
    await machine.cutPower(async () => {
      await Promise.all(servers.map(async (server) => server.kill()));
    });
    if (!machine.isWhole) for (const server of servers) await this.losePower(server);
    this.ledger.hear(true);
  }

  /** To one of the living servers, in the middle of the scenario's other doings. */
  traffic(options: Partial<TrafficOptions> = {}): Traffic {
    const traffic = startTraffic(this.#trafficOptions(options));
    this.#traffics.add(traffic);
    return { stop: async () => traffic.stop().finally(() => this.#traffics.delete(traffic)) };
  }

  /** One body of good events, and one more with odd members; see `sendBody`. */
  async send(
    events: number,
    options: Partial<TrafficOptions> = {},
    odd?: Readonly<Record<string, unknown>>,
  ): Promise<readonly string[]> {
    return await sendBody(this.#trafficOptions(options), events, odd);
  }

  /** Waits until so many requests more were answered well. */
  async acknowledged(requests: number, withinMs = 60_000): Promise<void> {
    const count = () => this.ledger.count(202) + this.ledger.count(204);
    const target = count() + requests;
    await eventually(() => {
      if (count() < target) throw new Error(`only ${JSON.stringify(this.ledger.statuses)} were answered`);
    }, withinMs);
  }

  /** @throws Error when any request so far was not answered well */
  expectNoRefusal(): void {
    const others = Object.keys(this.ledger.statuses).filter((status) => !['202', '204'].includes(status));
    if (others.length === 0) return;
    throw new Error(`received ${JSON.stringify(this.ledger.statuses)}, expected nothing but 202 and 204`);
  }

  async pause(minMs: number, maxMs = minMs): Promise<void> {
    await sleep(this.random.whole(minMs, maxMs));
  }

  /** Breaks a view, when that is the break. Not before the server has found all well: it would ship nothing. */
  async breakView(server: FaultServer): Promise<void> {
    await this.ready(server);
    this.#fixView = await breakView(this.clickhouse, this.database, this.#options.broken);
  }

  /** Waits until the tables are there, and a server has found all well and ships. */
  async ready({ url }: FaultServer): Promise<void> {
    await eventually(async () => {
      const state = await this.schemaState({ url });
      if (state !== 'ready') throw new Error(`the server does not ship: ${state}`);
    }, STUCK_MS);
  }

  /** What a server has found of the tables: `ready`, or why it ships nothing. */
  async schemaState({ url }: Pick<FaultServer, 'url'>): Promise<string> {
    const { parts } = (await (await fetch(`${url}/health`)).json()) as HealthReport;
    return parts.schema.state;
  }

  /** Waits until the servers have shipped everything that is in a journal. */
  async drained(): Promise<void> {
    await eventually(async () => {
      // Twice: one listing misses a file that is taken over meanwhile into a directory that was read before.
      const files = [...(await this.waitingFiles()), ...(await this.waitingFiles())];
      if (files.length > 0) throw new Error(`${files.join(', ')} are not shipped`);
    }, STUCK_MS);
  }

  /** What ClickHouse has now. */
  async stored(): Promise<StoredLedger> {
    return await readStoredLedger(this.clickhouse, this.database, await this.waitingFiles());
  }

  /** Heals everything that the scenario has broken; what waits, waits. */
  async heal(): Promise<void> {
    for (const traffic of this.#traffics) await traffic.stop();
    this.#judge = () => (this.#options.broken === 'inserts-delayed' ? DELAYED : PASS);
    await this.clickhouse.heal();
    // The harm is done; with it, the self-check would keep the next servers from shipping.
    await this.#fixView();
  }

  /** Lets the service finish its work. */
  async settle(): Promise<void> {
    this.#judge = () => PASS;
    await Promise.all(this.#servers.map(async (server) => this.stopServer(server)));
    // What the stopped ones could not ship, and the killed ones left, is for those that come after.
    await Promise.all(
      this.dataDirs.map(async (dataDir) =>
        drainJournal({
          undrained: async () => this.#undrained(dataDir),
          startSuccessor: async () => this.startServer({ data: path.basename(dataDir) }),
          stop: async (successor) => this.stopServer(successor),
        }),
      ),
    );
  }

  /** The files of all journals that the service should have emptied and removed. */
  async waitingFiles(): Promise<string[]> {
    return (await Promise.all(this.dataDirs.map(async (each) => this.#undrained(each)))).flat();
  }

  async #undrained(dataDir: string): Promise<string[]> {
    const files = await journalFiles(dataDir);
    return files.filter((file) => !this.#except.mayStay(path.basename(file)));
  }

  #judgeAll(asked: Asked): Fault {
    if (!/^INSERT INTO (events|rejected_events)\b/.test(asked.query)) return PASS;
    return this.#judge(asked);
  }

  #trafficOptions(options: Partial<TrafficOptions>): TrafficOptions {
    const { ledger, random } = this;
    const url = () => {
      const urls = this.#servers.filter(({ isServing }) => isServing).flatMap(({ url }) => url ?? []);
      return urls.length === 0 ? undefined : random.pick(urls);
    };
    return { ledger, random, url, ...options };
  }
}
