import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import Table from 'cli-table3';
import { format } from 'prettier';
import { FAIL_POINTS } from '../../../server/journal/fail-point.ts';
import { SCENARIOS } from '../scenarios/all.ts';
import type { Campaign } from './campaign.ts';
import type { Outcome } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
import { projectRoot } from '../../../server/common/project-root.ts';

const SHOWN_FACTS = 20;
/** A shorter run says less than the page that is there already. */
const PAGE_MINUTES = 60;
const HEAD = [
  'scenario',
  'runs',
  'server kills',
  'ClickHouse kills',
  'sent',
  'acknowledged',
  'stored',
  'rejected',
  'lost',
  'twice',
  'seconds',
  'violations',
];

/** One run as one line, with what it broke below it. */
export function outcomeLine(outcome: Outcome): string {
  const { scenario, seed, seconds, sent, acknowledged, stored, counted, rejected, violations } = outcome;
  if (outcome.skipped !== undefined) return `skip ${scenario.padEnd(32)} ${outcome.skipped}`;
  const kills = `kills ${outcome.serverKills}+${outcome.clickhouseKills}`;
  const events = `sent ${sent} acknowledged ${acknowledged} stored ${stored} counted ${counted} rejected ${rejected}`;
  const line = `${violations.length === 0 ? 'ok  ' : 'FAIL'} ${scenario.padEnd(32)} ${seconds.toFixed(1).padStart(5)} s  ${kills}  ${events}`;
  if (violations.length === 0) return line;
  const broken = violations.flatMap(({ promise, facts }) => [
    `     broken: ${promise} (${facts.length})`,
    ...facts.slice(0, SHOWN_FACTS).map((fact) => `       ${fact}`),
  ]);
  const again = `     again: npm run faults -- --scenario ${scenario} --seed ${seed}`;
  return [
    line,
    ...broken,
    again,
    `     statuses ${JSON.stringify(outcome.statuses)}, journals in ${outcome.kept}`,
  ].join('\n');
}

/** The table of everything that ran, and what was skipped. */
export function summary(campaign: Campaign): string {
  const table = new Table({ head: HEAD, style: { head: [], border: [] } });
  for (const row of rowsOf(campaign)) table.push([...row]);
  const violations = campaign.outcomes.filter(({ violations }) => violations.length > 0).length;
  return [
    table.toString(),
    ...skippedNames(campaign).map((name) => `skipped: ${name}`),
    'fail point: deaths there / times passed',
    ...hitRows(campaign).map(([point, died, passed]) => `  ${point?.padEnd(20)} ${died} / ${passed}`),
    `seed ${campaign.seed}, ${campaign.outcomes.length} runs in ${campaign.seconds.toFixed(0)} s, ${violations} with a violation`,
  ].join('\n');
}

/** Writes JSON to test/faults/results/, and for an hour or more of all scenarios the page for the docs. */
export async function writeResults(campaign: Campaign, scenarios: readonly Scenario[]): Promise<void> {
  const { hits } = campaign;
  const results = path.join(projectRoot, 'test/faults/results');
  await mkdir(results, { recursive: true });
  const json = {
    ...campaign,
    at: new Date().toISOString(),
    machine: machine(),
    hits: { passed: Object.fromEntries(hits.passed), died: Object.fromEntries(hits.died) },
  };
  const stamp = json.at.replaceAll(/\D/g, '').slice(0, 14);
  await writeFile(path.join(results, `${stamp}-${campaign.seed}.json`), `${JSON.stringify(json, null, 2)}\n`);
  const { minutes = 0, broken, isInterrupted } = campaign;
  const isWhole = scenarios.length === SCENARIOS.length && broken === undefined && !isInterrupted;
  if (!isWhole || minutes < PAGE_MINUTES) return;
  const page = path.join(projectRoot, 'docs/reliability-results.md');
  await mkdir(path.dirname(page), { recursive: true });
  await writeFile(page, await format(pageOf(campaign, scenarios), { parser: 'markdown', printWidth: 110 }));
}

function pageOf(campaign: Campaign, scenarios: readonly Scenario[]): string {
  const { minutes } = campaign;
  const violations = campaign.outcomes.filter(({ violations }) => violations.length > 0).length;
  return [
    '# What came out of the faults\n',
    `${campaign.outcomes.length} runs in ${minutes} minutes on ${machine()}, from the seed \`${campaign.seed}\`: ` +
      `${violations} with a violation. Written by \`npm run faults\`; to see it again: ` +
      `\`npm run faults -- --minutes ${minutes} --seed ${campaign.seed}\`.\n`,
    markdown(HEAD, rowsOf(campaign)),
    ...skippedNames(campaign).map((name) => `Skipped: ${name}.\n`),
    'Events are counted by identity: one that came several times, from its client or from a journal, is one. More is ' +
      'stored than acknowledged where a request got no answer and its events were safe already, or where a scenario ' +
      'counts events itself (`duplicates-by-clients`). Less is stored where the harness itself destroyed rows of a ' +
      'journal (`journal-*`), or ClickHouse can never take them (`poison-row-*`: they are among the rejected).\n',
    '## Fail points\n',
    markdown(['point', 'deaths there', 'times passed'], hitRows(campaign)),
    '## Scenarios\n',
    markdown(
      ['scenario', 'what is done'],
      scenarios.map(({ name, what }) => [name, what]),
    ),
  ].join('\n');
}

function rowsOf({ outcomes }: Campaign): string[][] {
  const ran = outcomes.filter(({ skipped }) => skipped === undefined);
  const names = [...new Set(ran.map(({ scenario }) => scenario))].sort();
  const rows = names.map((name) =>
    row(
      name,
      ran.filter(({ scenario }) => scenario === name),
    ),
  );
  return [...rows, row('all', ran)];
}

/** Each with the reason. */
function skippedNames({ outcomes }: Campaign): string[] {
  const lines = outcomes.flatMap(({ scenario, skipped }) =>
    skipped === undefined ? [] : [`${scenario}, because ${skipped}`],
  );
  return [...new Set(lines)].sort();
}

function row(name: string, outcomes: readonly Outcome[]): string[] {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, each) => total + of(each), 0);
  const numbers = [
    outcomes.length,
    sum((each) => each.serverKills),
    sum((each) => each.clickhouseKills),
    sum((each) => each.sent),
    sum((each) => each.acknowledged),
    sum((each) => each.stored),
    sum((each) => each.rejected),
    sum((each) => each.lost),
    sum((each) => each.twice),
    Math.round(sum((each) => each.seconds)),
    sum((each) => each.violations.length),
  ];
  return [name, ...numbers.map(String)];
}

function hitRows({ hits: { passed, died } }: Campaign): string[][] {
  return FAIL_POINTS.map((point) => [point, String(died.get(point) ?? 0), String(passed.get(point) ?? 0)]);
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `${[head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

function machine(): string {
  return `${os.cpus().length} cores, Node.js ${process.version}, ${os.type()} ${os.release().split('.', 2).join('.')}`;
}

/** The compiled harness is in .build/test/faults/harness. */
