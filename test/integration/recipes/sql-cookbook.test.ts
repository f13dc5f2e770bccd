import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../../../server/common/project-root.ts';
import type { TestApp } from '../../support/server/test-app.ts';
import { analystRows, startExampleShop } from './example-shop.ts';

interface Example {
  readonly query: string;
  /** Rows of cells, the names of the columns first. */
  readonly answer: readonly (readonly string[])[];
}

describe('docs/sql.md', () => {
  let service: TestApp;
  let examples: readonly Example[];

  before(async () => {
    service = await startExampleShop();
    examples = examplesOf(await readFile(path.join(projectRoot, 'docs/sql.md'), 'utf8'));
  });
  after(async () => service.remove());

  it('has a query for each thing that people ask', () => {
    expect(examples.length).to.be.at.least(15);
    const text = examples.map(({ query }) => query).join('\n');
    for (const part of ['windowFunnel', 'uniqExactMerge', 'WITH FILL', 'INNER JOIN', 'JSONExtract', 'hourly']) {
      expect(text).to.include(part);
    }
  });

  it('gives the answers that the analyst gets', async function () {
    this.timeout(60_000);
    for (const { query, answer } of examples) {
      expect(await analystRows(service.database, `${query}\nFORMAT TSVWithNames`), query).to.deep.equal(answer);
    }
  });

  it('is right that a path without a type cannot be summed', async () => {
    const query = 'SELECT sum(payload.amount) FROM deduplicated_events';
    expect(await analystRows(service.database, query).catch(String)).to.include('Illegal type Dynamic');
  });
});

/** Each query of the page, with the answer that follows it: columns are two spaces or more apart. */
function examplesOf(page: string): Example[] {
  const blocks = [...page.matchAll(/^```sql\n(.*?)\n```\n\n```text\n(.*?)\n```$/gms)];
  expect(blocks.length).to.equal(page.split('```sql').length - 1);
  return blocks.map(([, query = '', answer = '']) => ({
    query,
    answer: answer.split('\n').map((line) => line.trim().split(/ {2,}/)),
  }));
}
