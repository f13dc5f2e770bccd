import { checkTables } from './check-tables.ts';
import { rowsOf } from '../client.ts';
import type { CheckedNode } from './checked-node.ts';
import { expectedViews, MAX_CLOCK_DIFFERENCE_MS, MEASURED_VERSION, type ExpectedView } from './expected-tables.ts';
import { blockingFinding, missing, type Finding } from './finding.ts';

/**
 * Compares everything on one node that the guarantees rest on with what they need.
 * @returns what is wrong; nothing when all is well
 * @throws what ClickHouse or the network answers when the questions themselves fail
 */
export async function checkNode(node: CheckedNode): Promise<readonly Finding[]> {
  const findings = [...(await checkServer(node)), ...(await checkTables(node))];
  for (const view of expectedViews(node.layout)) findings.push(...(await checkView(node, view)));
  return findings;
}

async function checkServer({ client, nowMs }: CheckedNode): Promise<Finding[]> {
  const askedMs = nowMs();
  const [row] = await rowsOf<{ version: string; nowMs: string }>(
    client,
    'SELECT version() AS version, toString(toUnixTimestamp64Milli(now64(3))) AS nowMs',
  );
  const version = row?.version ?? 'nothing';
  const findings: Finding[] = [];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [year, release] = MEASURED_VERSION;
  if (major < year || (major === year && minor < release)) {
    const fix = 'install a newer ClickHouse: it was not measured that an older one loses nothing when it is killed';
    findings.push(blockingFinding("ClickHouse's version", version, `${year}.${release} or later`, fix));
  }
  const answeredMs = nowMs();
  const aheadMs = Math.round(Number(row?.nowMs) - (askedMs + answeredMs) / 2);
  // Half of the time that the question took is what the comparison cannot know.
  if (Math.abs(aheadMs) > MAX_CLOCK_DIFFERENCE_MS + Math.abs(answeredMs - askedMs) / 2) {
    const expected = `at most ${MAX_CLOCK_DIFFERENCE_MS} ms either way`;
    const fix = 'let both machines follow a time server (NTP); received_at in the rows is this machine’s time';
    const found = `${aheadMs} ms`;
    findings.push({ severity: 'warn', what: "how far ClickHouse's clock is ahead", found, expected, fix });
  }
  return findings;
}

async function checkView({ client }: CheckedNode, { name, from, to, migration }: ExpectedView): Promise<Finding[]> {
  const [view] = await rowsOf<{ database: string; engine: string; query: string; feeds: number }>(
    client,
    `SELECT
        database, engine, create_table_query AS query,
        name IN (SELECT arrayJoin(dependencies_table) FROM system.tables WHERE database = currentDatabase() AND name = {from:String}) AS feeds
     FROM system.tables WHERE database = currentDatabase() AND name = {name:String}`,
    { name, from },
  );
  const again = `${migration}; then npm run verify -- --repair, because it missed what was stored meanwhile`;
  if (view === undefined) return [missing('view', name, again)];
  const [, target = 'a table of its own'] = / TO (\S+) /.exec(view.query.replaceAll('`', '')) ?? [];
  const found = `${view.engine} TO ${target}${view.feeds === 1 ? ` FROM ${from}` : ''}`;
  const expected = `MaterializedView TO ${view.database}.${to} FROM ${from}`;
  if (found === expected) return [];
  return [
    blockingFinding(
      `the view ${name}`,
      found,
      expected,
      `DROP VIEW ${view.database}.${name}, and make it as in ${again}`,
    ),
  ];
}
