import { migrate } from './migrate/migrator.ts';
import type { Logger } from './common/log.ts';
import { applyRetention, wholeSinceS } from './clickhouse/retention.ts';
import { withAdmins, type AdminNode } from './clickhouse/admin-node.ts';
import { Gate } from './clickhouse/self-check/gate.ts';
import { checkInserts, checkQuestions } from './clickhouse/self-check/check-users.ts';
import { checkTables } from './clickhouse/self-check/check-tables.ts';
import { isBlocking, type Finding } from './clickhouse/self-check/finding.ts';
import { checkNode } from './clickhouse/self-check/self-check.ts';
import { readTopology } from './clickhouse/topology.ts';
import type { Config } from './config/config.ts';
import type { ClickHouse } from './open-clickhouse.ts';

interface OpenGateDependencies {
  /** Is told with each check since when raw events are whole, in seconds since the epoch: another server may change it. */
  readonly onWholeSince: (sinceS: number) => void;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly random: () => number;
}

/** A question of the self-check that takes longer has no answer. */
const CHECK_TIMEOUT_MS = 10_000;

/**
 * The gate before the INSERTs of this process. Nothing is asked until it is started. Of a cluster, every node that
 * answers is looked at; one that does not keeps the gate from opening only when there is something to migrate.
 */
export function openGate(
  { database, retentionDays, questions: limits }: Config,
  { endpoint, ingestNodes, queryNodes }: ClickHouse,
  { onWholeSince, log, nowMs, random }: OpenGateDependencies,
): Gate {
  const checkNodes = async (check: (node: AdminNode) => Promise<readonly Finding[]>) => {
    const topology = await readTopology(endpoint);
    const checkOne = async (node: AdminNode) => {
      const where = node.layout.cluster === undefined ? '' : ` at ${node.name}`;
      return (await check(node)).map((each) => ({ ...each, what: `${each.what}${where}` }));
    };
    const asAdmin = { database, requestTimeoutMs: CHECK_TIMEOUT_MS };
    const found = await withAdmins(topology, asAdmin, async (nodes) => Promise.all(nodes.map(checkOne)));
    const { unsettled } = topology;
    return unsettled === undefined ? found.flat() : [...found.flat(), whileItChanges(unsettled)];
  };
  return new Gate({
    migrate: async () => {
      await migrate({ endpoint, database, log });
      await applyRetention({ endpoint, database, retentionDays, log });
    },
    check: async () => {
      // First: questions are answered, too, while nothing is shipped.
      onWholeSince(await wholeSinceS(endpoint, database));
      const findings = await checkNodes(async (node) => checkNode(node, nowMs));
      if (findings.some(isBlocking)) return findings;
      return [...findings, ...(await checkInserts(ingestNodes)), ...(await checkQuestions(queryNodes, limits))];
    },
    checkTables: async () => checkNodes(checkTables),
    log,
    nowMs,
    random,
  });
}

/** A node is being added while this server runs: rows reach it by way of the others, once it has the tables. */
function whileItChanges(unsettled: string): Finding {
  return {
    severity: 'warning',
    what: 'the nodes of the cluster',
    found: unsettled,
    expected: 'one list on all of them, and an address of each',
    fix: 'name them all in CLICKHOUSE_URL before this server starts again; it would not ship then',
  };
}
