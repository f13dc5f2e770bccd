import { expect } from 'chai';
import type { HealthReport } from '../../../server/health/health.ts';
import { wholeReadiness, wholeReport } from '../../../server/workers/whole-health.ts';

const WELL: HealthReport = {
  status: 'ok',
  parts: {
    journal: { state: 'ok', quarantined: 0 },
    backlog: { events: 2, bytes: 30, segments: 1, oldest_waiting_seconds: 1.5 },
    shipper: { state: 'idle', lanes: { fresh: 'idle', backlog: 'idle' }, refused_segments: 0 },
    clickhouse: { state: 'up', version: '26.7', nodes: [{ node: 'db:8123', state: 'up', version: '26.7' }] },
    schema: { state: 'ready' },
  },
};

const like = (status: HealthReport['status'], parts: Partial<HealthReport['parts']>): HealthReport => ({
  status,
  parts: { ...WELL.parts, ...parts },
});

describe('wholeReport', () => {
  it('adds up the backlogs, with the oldest of all', () => {
    const other = like('ok', { backlog: { events: 5, bytes: 70, segments: 2, oldest_waiting_seconds: 9 } });
    expect(wholeReport([WELL, other], 2)).to.deep.equal({
      status: 'ok',
      parts: {
        ...WELL.parts,
        backlog: { events: 7, bytes: 100, segments: 3, oldest_waiting_seconds: 9 },
        workers: { state: 'ok', answering: 2, expected: 2 },
      },
    });
  });

  it('shows of each part the worker that has trouble, whichever it is', () => {
    const troubles: readonly Partial<HealthReport['parts']>[] = [
      { journal: { state: 'refusing', quarantined: 0, error: 'full' } },
      { journal: { state: 'ok', quarantined: 1 } },
      { clickhouse: { state: 'away', error: 'ECONNREFUSED', nodes: [] } },
      { schema: { state: 'not migrated' } },
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
      const report = wholeReport([WELL, like('degraded', trouble), WELL], 3);
      expect(report.status).to.equal('degraded');
      expect(report.parts).to.deep.include(trouble);
    }
  });

  it('is not ready when one worker is not, and degraded while one is missing', () => {
    expect(wholeReport([WELL, like('not ready', {})], 2).status).to.equal('not ready');
    const { status, parts } = wholeReport([WELL], 2);
    expect(status).to.equal('degraded');
    expect(parts.workers).to.deep.equal({ state: 'incomplete', answering: 1, expected: 2 });
  });
});

describe('wholeReadiness', () => {
  it('is that of the worker that cannot accept events', () => {
    const full = { status: 'not ready', reason: 'full' } as const;
    expect(wholeReadiness([{ status: 'ready' }, full])).to.deep.equal(full);
    expect(wholeReadiness([{ status: 'ready' }, { status: 'ready' }])).to.deep.equal({ status: 'ready' });
  });
});
