import { checkData } from './check-data.ts';
import { checkTables } from './check-tables.ts';
import { checkVersion } from './check-version.ts';
import type { AdminNode } from '../admin-node.ts';
import { rowsOf } from '../client.ts';
import { expectedViews, MAX_CLOCK_DIFFERENCE_MS, type ExpectedView } from './expected-tables.ts';
import { blockingFinding, missing, type Finding } from './finding.ts';

/**
 * Compares everything on one node that the guarantees rest on with what they need.
 * @returns what is wrong; nothing when all is well
 * @throws what ClickHouse or the network answers when the questions themselves fail
 */
export async function checkNode(node: AdminNode, nowMs: () => number): Promise<readonly Finding[]> {
  const findings = [...(await checkServer(node, nowMs)), ...(await checkTables(node)), ...(await checkData(node))];
  for (const view of expectedViews(node.layout)) findings.push(...(await checkView(node, view)));
  return findings;
}

async function checkServer({ client }: AdminNode, nowMs: () => number): Promise<Finding[]> {
  const askedMs = nowMs();
  const [row] = await rowsOf<{ version: string; nowMs: string }>(
    client,
    'SELECT version() AS version, toString(toUnixTimestamp64Milli(now64(3))) AS nowMs',
  );
  const findings = checkVersion(row?.version ?? 'nothing');
  const answeredMs = nowMs();
  const aheadMs = Math.round(Number(row?.nowMs) - (askedMs + answeredMs) / 2);
  // Half of the time that the question took is what the comparison cannot know.
  if (Math.abs(aheadMs) > MAX_CLOCK_DIFFERENCE_MS + Math.abs(answeredMs - askedMs) / 2) {
    const expected = `at most ${MAX_CLOCK_DIFFERENCE_MS} ms either way`;
    const fix = 'let both machines follow a time server (NTP); received_at in the rows is this machine’s time';
    const found = `${aheadMs} ms`;
    findings.push({ severity: 'warning', what: "how far ClickHouse's clock is ahead", found, expected, fix });
  }
  return findings;
}

async function checkView({ client }: AdminNode, { name, from, to, migration }: ExpectedView): Promise<Finding[]> {
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
