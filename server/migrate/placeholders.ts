import { localName, type Layout } from '../clickhouse/topology.ts';

const PLACEHOLDER = /\{\{(\w*)(?:\((\w+)\))?\}\}/g;
const COORDINATES = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";

/**
 * The statement as one layout needs it; undefined when it is for another. What may stand in a migration:
 *
 *   {{local}}      a table's own part on this node: nothing on one server, `_local` on a cluster
 *   {{MergeTree}}  or another engine of that family, with a parameter if need be, as in {{ReplacingMergeTree(version)}}:
 *                  itself, or its Replicated form where the cluster has replicas
 *   {{cluster}}    the cluster's name; a statement that has it is for clusters alone
 *
 * @throws SyntaxError that names any other
 */
export function fillPlaceholders(statement: string, { cluster, replicated }: Layout): string | undefined {
  let isForClusters = false;
  const filled = statement.replaceAll(PLACEHOLDER, (placeholder, name: string, parameter?: string) => {
    if (name === 'local') return localName('', { cluster });
    if (name.endsWith('MergeTree')) return engineOf(name, parameter, replicated);
    if (name !== 'cluster')
      throw new SyntaxError(
        `received ${placeholder}, expected {{local}}, {{cluster}} or the name of a MergeTree engine`,
      );
    isForClusters = true;
    return `'${cluster}'`;
  });
  return isForClusters && cluster === undefined ? undefined : filled;
}

function engineOf(name: string, parameter: string | undefined, replicated: boolean): string {
  const own = parameter === undefined ? [] : [parameter];
  const parameters = replicated ? [COORDINATES, ...own] : own;
  return `${replicated ? 'Replicated' : ''}${name}${parameters.length === 0 ? '' : `(${parameters.join(', ')})`}`;
}
