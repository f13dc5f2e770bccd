import { expect } from 'chai';
import type { HealthReport } from '../../../server/health/health.ts';
import { aggregateReadiness, aggregateReport } from '../../../server/workers/aggregate-health.ts';

const WELL: HealthReport = {
  status: 'ok',
  parts: {
    journal: { state: 'ok', quarantined: 0 },
    backlog: { events: 2, rejected_events: 1, bytes: 30, segments: 1, oldest_waiting_seconds: 1.5 },
    shipper: { state: 'idle', lanes: { fresh: 'idle', backlog: 'idle' }, refused_segments: 0 },
    clickhouse: { state: 'up', version: '26.7', nodes: [{ node: 'db:8123', state: 'up', version: '26.7' }] },
    schema: { state: 'ready' },
  },
};

const FINDING = { severity: 'warning', what: 'parts', found: '1', expected: 'none', fix: 'verify' } as const;

const like = (status: HealthReport['status'], parts: Partial<HealthReport['parts']>): HealthReport => ({
  status,
  parts: { ...WELL.parts, ...parts },
});

describe('aggregateReport', () => {
  it('adds up the backlogs, with the oldest of all', () => {
    const other = like('ok', {
      backlog: { events: 5, rejected_events: 2, bytes: 70, segments: 2, oldest_waiting_seconds: 9 },
    });
    expect(aggregateReport([WELL, other], 2)).to.deep.equal({
      status: 'ok',
      parts: {
        ...WELL.parts,
        backlog: { events: 7, rejected_events: 3, bytes: 100, segments: 3, oldest_waiting_seconds: 9 },
        workers: { state: 'ok', answering: 2, expected: 2 },
      },
    });
  });

  it('shows of each part the worker that has trouble, whichever it is', () => {
    const troubles: readonly Partial<HealthReport['parts']>[] = [
      { journal: { state: 'refusing', quarantined: 0, error: 'full' } },
      { journal: { state: 'ok', quarantined: 1 } },
      { clickhouse: { state: 'unavailable', error: 'ECONNREFUSED', nodes: [] } },
      { schema: { state: 'not migrated' } },
      { schema: { state: 'ready', findings: [FINDING] } },
      {
        shipper: {
          state: 'unavailable',
          lanes: { fresh: 'unavailable', backlog: 'unavailable' },
          refused_segments: 3,
          error: 'no table',
        },
      },
    ];
    for (const trouble of troubles) {
      const report = aggregateReport([WELL, like('degraded', trouble), WELL], 3);
      expect(report.status).to.equal('degraded');
      expect(report.parts).to.deep.include(trouble);
    }
  });

  it('shows the largest quarantine, also beside a journal that refuses', () => {
    const full = like('not ready', { journal: { state: 'refusing', quarantined: 0, error: 'full' } });
    const others = [1, 3, 2].map((quarantined) => like('degraded', { journal: { state: 'ok', quarantined } }));
    const { parts } = aggregateReport([WELL, ...others, full], 5);
    expect(parts.journal).to.deep.equal({ state: 'refusing', quarantined: 3, error: 'full' });
  });

  it('is not ready when one worker is not, and degraded while one is missing', () => {
    expect(aggregateReport([WELL, like('not ready', {})], 2).status).to.equal('not ready');
    const { status, parts } = aggregateReport([WELL], 2);
    expect(status).to.equal('degraded');
    expect(parts.workers).to.deep.equal({ state: 'incomplete', answering: 1, expected: 2 });
  });
});

describe('aggregateReadiness', () => {
  it('is that of the worker that cannot accept events', () => {
    const full = { status: 'not ready', reason: 'full' } as const;
    expect(aggregateReadiness([{ status: 'ready' }, full])).to.deep.equal(full);
    expect(aggregateReadiness([{ status: 'ready' }, { status: 'ready' }])).to.deep.equal({ status: 'ready' });
  });
});
