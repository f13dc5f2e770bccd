import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { startTestApp } from '../../support/server/test-app.ts';

/** What Prometheus adds itself, and words of PromQL. */
const OF_PROMETHEUS = ['up', 'or', 'unless'];

interface Dashboard {
  readonly title: string;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

/** The names of metrics in a PromQL expression: what is followed by a selector or a comparison and is no function. */
function metricsIn(expression: string): string[] {
  const names = expression
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on) \([^)]*\)/g, ' ')
    .match(/\b[a-z_]\w+\b(?!\s*\()/g);
  return (names ?? []).filter((name) => !OF_PROMETHEUS.includes(name));
}

describe('What watches the service', () => {
  /** Every series that /metrics can have. */
  const offered = new Set<string>();
  let rules: string[];
  let dashboard: Dashboard;

  before(async () => {
    const service = await startTestApp();
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    await service.remove();
    for (const [, name = '', type] of metrics.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      for (const suffix of suffixes) offered.add(`${name}${suffix}`);
    }
    const text = await readFile('monitoring/alerts.yml', 'utf8');
    rules = text.split(/^ {6}- alert: /m).slice(1);
    dashboard = JSON.parse(await readFile('monitoring/grafana-dashboard.json', 'utf8')) as Dashboard;
  });

  it('is told by alerts of metrics that exist', () => {
    expect(rules.length).to.be.above(5);
    for (const rule of rules) {
      const [, expression = ''] = /^ {8}expr: (?:>-\n)?((?:.|\n {10})+)/m.exec(rule) ?? [];
      const names = metricsIn(expression);
      expect(names.length + (expression.includes('up{') ? 1 : 0), rule).to.be.above(0);
      for (const name of names) expect(offered, rule).to.include(name);
    }
  });

  it('is down also where no server is found any more, and busy and full also while it only refuses', () => {
    const of = new Map(rules.map((rule) => [rule.split('\n')[0], rule]));
    expect(of.get('ClickhourDown')).to.include('absent(up{job="clickhour"})');
    expect(of.get('ClickhourBusy')).to.include('clickhour_http_shed_total');
    expect(of.get('ClickhourEventsRefused'))
      .to.include('clickhour_http_shed_total{kind="write"}')
      .and.include('status="429"');
  });

  it('is shown by panels of metrics that exist, each panel once', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length);
    for (const { title, targets } of panels) {
      expect(targets, title).not.to.have.length(0);
      for (const { expr } of targets)
        for (const name of metricsIn(expr)) expect(offered, `${title}: ${expr}`).to.include(name);
    }
  });

  it('is explained: every alert, and every metric of this service', async () => {
    const operations = await readFile('docs/operations.md', 'utf8');
    const ours = [...offered].map((name) => name.replace(/_(bucket|sum|count)$/, ''));
    for (const name of ours.filter((name) => name.startsWith('clickhour_'))) expect(operations).to.include(`\`${name}`);
    for (const rule of rules) expect(operations).to.include(`\`${rule.split('\n')[0]}\``);
  });
});
