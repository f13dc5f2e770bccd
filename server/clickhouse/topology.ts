import { AppError, messageOf } from '../common/errors.ts';
import { rowsOf, withClient } from './client.ts';
import { nodesOf, type ClickHouseEndpoint } from './endpoint.ts';
import { codeOf } from './errors.ts';

/** How the tables are laid out: on one server, or over a cluster, with or without copies of each shard. */
export interface Layout {
  readonly cluster: string | undefined;
  readonly replicated: boolean;
}

/** What a table's own part on one node is called: on a cluster, its plain name stands for all of them together. */
export function localName(table: string, { cluster }: Pick<Layout, 'cluster'>): string {
  return cluster === undefined ? table : `${table}_local`;
}

/** A node that answers, with its place in the cluster. */
export interface LivingNode {
  /** `HOST:PORT` */
  readonly name: string;
  /** Of this node alone. */
  readonly endpoint: ClickHouseEndpoint;
  /** Both count from 1. */
  readonly shard: number;
  readonly replica: number;
}

export interface UnavailableNode {
  readonly name: string;
  readonly reason: string;
}

export interface Topology {
  readonly layout: Layout;
  /** By shard and replica: in the same order for whoever asks. */
  readonly nodes: readonly [LivingNode, ...LivingNode[]];
  readonly unavailable: readonly UnavailableNode[];
  /** What is not as it will be, as while a node is added: their lists differ, or one has no address; else undefined. */
  readonly unsettled: string | undefined;
}

/** Nodes that are needed do not answer. */
export class NodesUnavailable extends AppError {
  constructor(message: string) {
    super('unavailable', message);
  }
}

const TIMEOUT_MS = 5_000;

/**
 * Finds out which node of the cluster is behind each address. One server is taken at its word, without asking.
 * @throws NodesUnavailable when no node answers, AppError `invalid` when the addresses are not the cluster's nodes, and what
 * ClickHouse throws
 */
export async function readTopology(endpoint: ClickHouseEndpoint): Promise<Topology> {
  const { cluster } = endpoint;
  if (cluster === undefined) {
    const [node = endpoint] = nodesOf(endpoint);
    const layout = { cluster, replicated: false };
    return {
      layout,
      nodes: [{ name: nameOf(node), endpoint: node, shard: 1, replica: 1 }],
      unavailable: [],
      unsettled: undefined,
    };
  }
  const asked = await Promise.all(nodesOf(endpoint).map(async (node) => askNode(node, cluster)));
  const unavailable = asked.filter((node) => 'reason' in node);
  const views = asked.filter((node) => 'members' in node);
  const [first] = views;
  if (first === undefined) throw new NodesUnavailable(`No node of cluster ${cluster} answers: ${listOf(unavailable)}.`);
  const nodes: [LivingNode, ...LivingNode[]] = [placeOf(cluster, first)];
  for (const view of views.slice(1)) nodes.push(placeOf(cluster, view));
  nodes.sort((a, b) => a.shard - b.shard || a.replica - b.replica);
  assertSound(cluster, first.members, nodes);
  const unsettled = findDisagreement(cluster, views) ?? findUnnamed(cluster, first.members, nodes, unavailable);
  const layout = { cluster, replicated: first.members.some(({ replica }) => replica > 1) };
  return { layout, nodes, unavailable, unsettled };
}

/**
 * The same, for what takes every node.
 * @throws AppError `invalid`, too, when the nodes' lists of each other differ, or one has no address
 */
export async function readWholeTopology(endpoint: ClickHouseEndpoint): Promise<Topology> {
  const topology = await readTopology(endpoint);
  if (topology.unsettled !== undefined) throw invalid(topology.unsettled);
  return topology;
}

/**
 * The same, for what is not done without every node.
 * @param undone what is not: the beginning of a sentence
 * @throws NodesUnavailable, too, when one of them does not answer
 */
export async function readEveryNode(endpoint: ClickHouseEndpoint, undone: string): Promise<Topology> {
  const topology = await readWholeTopology(endpoint);
  const { unavailable } = topology;
  if (unavailable.length > 0)
    throw new NodesUnavailable(`${undone}, because these nodes do not answer: ${listOf(unavailable)}.`);
  return topology;
}

/** `NODE (REASON), NODE (REASON)` */
export function listOf(unavailable: readonly UnavailableNode[]): string {
  return unavailable.map(({ name, reason }) => `${name} (${reason})`).join(', ');
}

/** A row of `system.clusters`. */
interface Member {
  readonly shard: number;
  readonly replica: number;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly isInternallyReplicated: 0 | 1;
  readonly isLocal: 0 | 1;
}

/** What a node says of the cluster. */
interface View {
  readonly name: string;
  readonly endpoint: ClickHouseEndpoint;
  readonly members: readonly Member[];
}

async function askNode(endpoint: ClickHouseEndpoint, cluster: string): Promise<View | UnavailableNode> {
  const name = nameOf(endpoint);
  const query = `
    SELECT shard_num AS shard, replica_num AS replica, host_name AS host, port, shard_weight AS weight,
        internal_replication AS isInternallyReplicated, is_local AS isLocal
    FROM system.clusters
    WHERE cluster = {cluster:String}
    ORDER BY shard, replica`;
  try {
    const members = await withClient({ endpoint, role: 'admin', requestTimeoutMs: TIMEOUT_MS }, async (client) =>
      rowsOf<Member>(client, query, { cluster }),
    );
    return { name, endpoint, members };
  } catch (error) {
    if (codeOf(error) !== undefined) throw error;
    return { name, reason: messageOf(error) };
  }
}

function findDisagreement(cluster: string, views: readonly View[]): string | undefined {
  const [first, ...others] = views.map(({ name, members }) => ({
    name,
    list: members.map(memberText).join(', '),
  }));
  const other = others.find(({ list }) => list !== first?.list);
  if (first === undefined || other === undefined) return undefined;
  return (
    `The nodes disagree about cluster ${cluster}: ${first.name} says ${first.list || 'nothing'}, ` +
    `${other.name} says ${other.list || 'nothing'}. Expected the same remote_servers on every node.`
  );
}

function placeOf(cluster: string, { name, endpoint, members }: View): LivingNode {
  const self = members.find(({ isLocal }) => isLocal === 1);
  if (self !== undefined) return { name, endpoint, shard: self.shard, replica: self.replica };
  const found = members.length === 0 ? 'no such cluster' : members.map(memberText).join(', ');
  throw invalid(`${name} is no node of cluster ${cluster}: its remote_servers say ${found}.`);
}

/** Each node answers at one address, and shards with replicas copy by themselves. */
function assertSound(cluster: string, members: readonly Member[], nodes: readonly LivingNode[]): void {
  const twice = members.map((member) => namesOf(member, nodes)).find((names) => names.length > 1);
  if (twice !== undefined) throw invalid(`CLICKHOUSE_URL names one node twice: ${twice.join(' and ')}.`);
  const alone = members.find(({ replica, isInternallyReplicated }) => replica > 1 && isInternallyReplicated === 0);
  if (alone !== undefined) {
    throw invalid(
      `Shard ${alone.shard} of cluster ${cluster} has replicas without internal_replication; expected true.`,
    );
  }
}

/** @throws AppError `invalid` when there are more addresses than nodes */
function findUnnamed(
  cluster: string,
  members: readonly Member[],
  nodes: readonly LivingNode[],
  unavailable: readonly UnavailableNode[],
): string | undefined {
  const unnamed = members.filter((member) => namesOf(member, nodes).length === 0);
  if (unnamed.length === unavailable.length) return undefined;
  const missing = unnamed.map(memberText).join(', ') || 'none';
  const words =
    `CLICKHOUSE_URL has ${nodes.length + unavailable.length} addresses, expected one of each of the ${members.length} nodes ` +
    `of cluster ${cluster}. No address that answers belongs to: ${missing}.`;
  if (unnamed.length < unavailable.length) throw invalid(words);
  return words;
}

/** Of the addresses that answer as this node. */
function namesOf({ shard, replica }: Pick<Member, 'shard' | 'replica'>, nodes: readonly LivingNode[]): string[] {
  return nodes.filter((node) => node.shard === shard && node.replica === replica).map(({ name }) => name);
}

function memberText({ shard, replica, host, port, weight }: Member): string {
  return `shard ${shard} replica ${replica} at ${host}:${port}${weight === 1 ? '' : ` of weight ${weight}`}`;
}

/** `HOST:PORT` of an endpoint's first address. */
export function nameOf({ urls: [url] }: ClickHouseEndpoint): string {
  return new URL(url).host;
}

function invalid(message: string): AppError {
  return new AppError('invalid', message);
}
