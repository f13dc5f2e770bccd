import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import { connect } from '../../../server/clickhouse/client.ts';
import { projectRoot } from '../../../server/common/project-root.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventually } from '../../support/http/outcome.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const EVENTS = 15;

interface Example {
  readonly query: string;
  /** Rows of cells, the names of the columns first. */
  readonly answer: readonly (readonly string[])[];
}

describe('docs/sql.md', () => {
  let service: TestApp;
  let examples: readonly Example[];

  before(async () => {
    service = await startTestApp();
    const body = await readFile(path.join(projectRoot, 'docs/sql-example.ndjson'), 'utf8');
    const headers = { 'Content-Type': 'application/x-ndjson' };
    const answer = await fetch(`${service.url}/events`, { method: 'POST', headers, body });
    expect(await answer.json()).to.deep.equal({ accepted: EVENTS, rejected: [] });
    await eventually(async () => expect(await rows('SELECT count() FROM deduplicated_events')).to.deep.equal([['14']]));
    examples = examplesOf(await readFile(path.join(projectRoot, 'docs/sql.md'), 'utf8'));
  });
  after(async () => service.remove());

  const rows = async (query: string): Promise<string[][]> => asAnalyst(testEndpoint(), service.database, query);

  it('has a query for each thing that people ask', () => {
    expect(examples.length).to.be.at.least(15);
    const text = examples.map(({ query }) => query).join('\n');
    for (const part of ['windowFunnel', 'uniqExactMerge', 'WITH FILL', 'INNER JOIN', 'JSONExtract', 'hourly']) {
      expect(text).to.include(part);
    }
  });

  it('gives the answers that the analyst gets', async () => {
    for (const { query, answer } of examples) {
      expect(await rows(`${query}\nFORMAT TSVWithNames`), query).to.deep.equal(answer);
    }
  });

  it('is right that a path without a type cannot be summed', async () => {
    const problem = await rows('SELECT sum(payload.amount) FROM deduplicated_events').catch(String);
    expect(problem).to.include('Illegal type Dynamic');
  });
});

async function asAnalyst(endpoint: ClickHouseEndpoint, database: string, query: string): Promise<string[][]> {
  const client = connect({ endpoint, role: 'analyst', database });
  try {
    const { stream } = await client.exec({ query, clickhouse_settings: { wait_end_of_query: 1 } });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
  } finally {
    await client.close();
  }
}

/** Each query of the page, with the answer that follows it: columns are two spaces or more apart. */
function examplesOf(page: string): Example[] {
  const blocks = [...page.matchAll(/^```sql\n([^`]*(?:`[^`][^`]*)*)\n```\n\n```text\n([^`]*)\n```$/gm)];
  expect(blocks.length).to.equal(page.split('```sql').length - 1);
  return blocks.map(([, query = '', answer = '']) => ({
    query,
    answer: answer.split('\n').map((line) => line.trim().split(/ {2,}/)),
  }));
}
