import Table from 'cli-table3';
import { hourName } from './hour.ts';
import type { ExpectedCounts, HourTally, Range } from './tally.ts';

/** Hours as a table for people: what was expected, what was reported, and whether it holds. */
export function tallyTable(tallies: readonly HourTally[]): string {
  const table = new Table({
    head: ['hour (UTC)', 'users', 'clicks', 'impressions', 'reported', ''],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'left'],
  });
  for (const { hourMs, expected, reported, holds } of tallies) {
    const { uniqueUsers, clicks, impressions } = reported;
    const reportedText = `${uniqueUsers} / ${clicks} / ${impressions}`;
    table.push([hourName(hourMs), ...ranges(expected), reportedText, holds ? 'equal' : 'DIFFERS']);
  }
  return table.toString();
}

function ranges({ uniqueUsers, clicks, impressions }: ExpectedCounts): string[] {
  return [uniqueUsers, clicks, impressions].map(rangeText);
}

function rangeText({ atLeast, atMost }: Range): string {
  return atLeast === atMost ? String(atLeast) : `${atLeast}–${atMost}`;
}
