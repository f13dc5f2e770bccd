import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { withClient } from '../../../server/clickhouse/client.ts';
import { projectRoot } from '../../../server/common/project-root.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventually } from '../../support/http/outcome.ts';
import type { TestApp } from '../../support/server/test-app.ts';
import { analystRows, startExampleShop } from './example-shop.ts';

const DATA_SOURCE = 'grafana-clickhouse-datasource';
const DAY_S = 86_400;

interface Board {
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
  readonly panels: readonly {
    readonly title: string;
    readonly type: string;
    readonly datasource: { readonly type: string };
    readonly targets: readonly { readonly rawSql: string }[];
  }[];
}

/** What Grafana and its data source put in the place of macros and variables, of those that the board uses. */
const PUT_IN: readonly (readonly [RegExp, string])[] = [
  [/\$__fromTime\b/g, `toDateTime(${Date.UTC(2026, 2, 1) / 1000})`],
  [/\$__toTime\b/g, `toDateTime(${Math.floor(Date.now() / 1000) + DAY_S})`],
  [/\$__interval_s\b/g, '3600'],
  [/\$\{category:sqlstring\}/g, "'shop','analytics'"],
  [/\$\{first:sqlstring\}/g, "'view'"],
  [/\$\{second:sqlstring\}/g, "'signup'"],
  [/\$\{third:sqlstring\}/g, "'purchase'"],
];

/** What the panels show of the example; every panel is here. */
const SHOWN: Readonly<Record<string, readonly (readonly string[])[]>> = {
  Events: [['14']],
  'Unique users': [['3']],
  Sessions: [['7']],
  Rejected: [['1']],
  'Events by name': [
    ['2026-03-02 09:00:00', 'click', '2'],
    ['2026-03-02 09:00:00', 'impression', '1'],
    ['2026-03-02 09:00:00', 'purchase', '1'],
    ['2026-03-02 09:00:00', 'signup', '1'],
    ['2026-03-02 09:00:00', 'view', '1'],
    ['2026-03-02 10:00:00', 'view', '1'],
  ],
  'Users a day': [
    ['2026-03-02 00:00:00', 'click', '2'],
    ['2026-03-02 00:00:00', 'impression', '1'],
    ['2026-03-02 00:00:00', 'purchase', '1'],
    ['2026-03-02 00:00:00', 'signup', '1'],
    ['2026-03-02 00:00:00', 'view', '2'],
    ['2026-03-03 00:00:00', 'signup', '2'],
  ],
  'Top events': [
    ['shop', 'purchase', '4'],
    ['shop', 'view', '4'],
    ['shop', 'signup', '3'],
    ['analytics', 'click', '2'],
    ['analytics', 'impression', '1'],
  ],
  'Most active users': [
    ['ada', '7', '2026-03-09 12:10:00.000000'],
    ['bob', '4', '2026-03-10 12:00:00.000000'],
    ['cyd', '3', '2026-03-16 12:30:00.000000'],
  ],
  'From one to the next, within a day': [
    ['1. view', '3'],
    ['2. signup', '2'],
    ['3. purchase', '1'],
  ],
  'Newest events': [
    ['2026-03-16 12:30:00.000000', 'shop', 'purchase', 'cyd', 'c2', '{"amount":1.25,"tree":[[[1]]]}'],
    ['2026-03-16 12:00:00.000000', 'shop', 'view', 'cyd', 'c2', '{"page":"/"}'],
  ],
  'What is refused, and why': [['shape', '1']],
};

describe('The Grafana board of product numbers', function () {
  this.timeout(60_000);
  let service: TestApp;
  let board: Board;

  before(async () => {
    board = JSON.parse(await readFile(path.join(projectRoot, 'monitoring/grafana/product.json'), 'utf8')) as Board;
    service = await startExampleShop();
    await fetch(`${service.url}/events`, { method: 'POST', body: '{}' });
    const count = 'SELECT count() FROM rejected_events';
    await eventually(async () => expect(await analystRows(service.database, count)).to.deep.equal([['1']]));
    // As a retry leaves it, until a merge.
    const again = 'INSERT INTO rejected_events SELECT * FROM rejected_events';
    await withClient({ endpoint: testEndpoint(), role: 'admin', database: service.database }, async (client) =>
      client.command({ query: again }),
    );
  });
  after(async () => service.remove());

  it('asks the data source of ClickHouse, with macros that the test knows', () => {
    expect(board.panels.map(({ title }) => title)).to.have.members(Object.keys(SHOWN));
    for (const { datasource, targets, title } of board.panels) {
      expect(datasource.type, title).to.equal(DATA_SOURCE);
      for (const { rawSql } of targets) expect(put(rawSql), title).to.not.include('$');
    }
  });

  it('shows what is there, to the analyst', async () => {
    for (const { title, targets } of board.panels) {
      const [target] = targets;
      if (target === undefined) throw new Error(`${title} asks nothing`);
      const expected = SHOWN[title] ?? [];
      const rows = await analystRows(service.database, put(target.rawSql));
      const shown = rows.slice(0, expected.length).map((row) => row.slice(0, expected[0]?.length));
      expect(shown, title).to.deep.equal(expected);
    }
  });

  it('gives each of its lists something to choose from', async () => {
    const lists = board.templating.list.filter(({ query }) => query.startsWith('SELECT'));
    expect(lists.length).to.equal(4);
    for (const { name, query } of lists) {
      expect(await analystRows(service.database, put(query)), name).to.have.length.above(1);
    }
  });
});

function put(sql: string): string {
  return PUT_IN.reduce((text, [macro, value]) => text.replaceAll(macro, value), sql);
}
