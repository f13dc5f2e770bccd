import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { connect } from '../../../server/clickhouse/client.ts';
import { projectRoot } from '../../../server/common/project-root.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventually } from '../../support/http/outcome.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const LINES = 15;
const EVENTS = '14';

/** A service that holds docs/sql-example.ndjson. */
export async function startExampleShop(): Promise<TestApp> {
  const service = await startTestApp();
  const body = await readFile(path.join(projectRoot, 'docs/sql-example.ndjson'), 'utf8');
  const headers = { 'Content-Type': 'application/x-ndjson' };
  const answer = await fetch(`${service.url}/events`, { method: 'POST', headers, body });
  expect(await answer.json()).to.deep.equal({ accepted: LINES, rejected: [] });
  const count = 'SELECT count() FROM deduplicated_events';
  await eventually(async () => expect(await analystRows(service.database, count)).to.deep.equal([[EVENTS]]));
  return service;
}

/** What the analyst gets, as rows of cells; with `FORMAT TSVWithNames` the names of the columns first. */
export async function analystRows(database: string, query: string): Promise<string[][]> {
  const client = connect({ endpoint: testEndpoint(), role: 'analyst', database });
  try {
    // Without waiting for the end, a query that fails after its first rows fails within an answer with status 200.
    const { stream } = await client.exec({ query, clickhouse_settings: { wait_end_of_query: 1 } });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    const lines = text.split('\n').slice(0, -1);
    return lines.map((line) => line.split('\t'));
  } finally {
    await client.close();
  }
}
