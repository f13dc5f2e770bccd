import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../../server/common/project-root.ts';
import { REASONS } from '../../../server/events/rejection.ts';
import { DIALECTS } from '../../../server/http/ingest/dialects.ts';
import { yaml } from '../../support/yaml.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
}

const { groups } = yaml.load(readFileSync(path.join(projectRoot, 'monitoring/alerts.yml'), 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap(({ rules }) => rules);

/** Not metrics. */
const WORDS: ReadonlySet<string> = new Set(['or', 'unless']);

function exprOf(alert: string): string {
  return rules.find((rule) => rule.alert === alert)?.expr ?? '';
}

/** What a matcher of Prometheus takes: it matches whole values. */
function matcher(expr: string, pattern: RegExp): (value: string) => boolean {
  const [, operator, text] = pattern.exec(expr) ?? [];
  if (text === undefined) throw new Error(`${expr} has no ${pattern}`);
  const regexp = new RegExp(`^(?:${text})$`);
  return (value) => regexp.test(value) === (operator === '=~');
}

describe('An alert', () => {
  it('is about this service, also where others have metrics of the same name', () => {
    for (const { alert, expr } of rules) {
      const selections = expr
        .replaceAll(/\b(?:by|on) \([^)]*\)|\[[^\]]*\]/g, ' ')
        .matchAll(/\b([a-z_]\w*)\b(\{[^}]*\})?(?!\w*\s*\()/g);
      for (const [, name = '', labels = ''] of selections) {
        if (!WORDS.has(name) && !name.startsWith('clickhour_'))
          expect(labels, `${name} in ${alert}`).to.include('job="clickhour"');
      }
    }
  });

  it('that events are refused leaves out the answer that clients get for their own rate, too', () => {
    const expr = exprOf('ClickhourEventsRefused');
    const ever503 = matcher(expr, /status="503", route(!~)"([^"]+)"/);
    const unlessRated = {
      429: matcher(expr, /status="429", route(=~)"([^"]+)"/),
      503: matcher(expr, /status="503", route(=~)"([^"]+)"/),
    };
    for (const { pressure, paths } of DIALECTS) {
      for (const { path } of paths) {
        expect(unlessRated[pressure](path), path).to.equal(true);
        expect(pressure === 503 && ever503(path), path).to.equal(false);
      }
    }
    for (const path of ['/events', '/analytics']) expect(ever503(path), path).to.equal(true);
  });

  it('that an application sends rubbish counts that, and nothing else that has no event stored', () => {
    const isCounted = matcher(exprOf('ClickhourManyRejected'), /rejected_total\{reason(!~)"([^"]+)"/);
    expect(REASONS.filter((reason) => !isCounted(reason))).to.deep.equal([]);
    expect(['rate_limited', 'overloaded', 'unavailable', 'internal'].filter(isCounted)).to.deep.equal([]);
  });
});
