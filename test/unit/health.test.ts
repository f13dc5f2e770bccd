import { expect } from 'chai';
import type { Finding } from '../../server/clickhouse/self-check/finding.ts';
import { createHealth, type HealthDependencies } from '../../server/health/health.ts';
import { Backlog } from '../../server/journal/backlog.ts';
import type { IngestHealth } from '../../server/shipping/ingest.ts';
import { createSegment } from '../../server/journal/segment.ts';

const NOW_MS = 1_700_000_000_000;

const WELL: IngestHealth = {
  accepting: true,
  journalError: undefined,
  quarantined: 0,
  lanes: { fresh: 'idle', backlog: 'idle' },
  shipperError: undefined,
  refusedSegments: 0,
};

const WARNING: Finding = { severity: 'warning', what: 'clock', found: '90 s', expected: '60 s', fix: 'NTP' };

function health(ingest: Partial<IngestHealth> = {}, others: Partial<HealthDependencies> = {}) {
  return createHealth({
    ingest: { health: () => ({ ...WELL, ...ingest }) },
    backlog: new Backlog(),
    clickhouse: async () => [{ node: 'db:8123', state: 'up', version: '26.7' }],
    gate: { state: 'ready', findings: [] },
    nowMs: () => NOW_MS,
    ...others,
  });
}

describe('createHealth', () => {
  it('reports every part, and that all is well', async () => {
    const backlog = new Backlog();
    backlog.grow(createSegment('/nowhere', 'events', 'a', NOW_MS - 1500), 2, 30);
    backlog.grow(createSegment('/nowhere', 'rejected_events', 'a', NOW_MS - 500), 3, 40);
    expect(await health({}, { backlog }).report()).to.deep.equal({
      status: 'ok',
      parts: {
        journal: { state: 'ok', quarantined: 0 },
        backlog: { events: 2, rejected_events: 3, bytes: 70, segments: 2, oldest_waiting_seconds: 1.5 },
        shipper: { state: 'idle', lanes: { fresh: 'idle', backlog: 'idle' }, refused_segments: 0 },
        clickhouse: {
          state: 'up',
          version: '26.7',
          nodes: [{ node: 'db:8123', state: 'up', version: '26.7' }],
        },
        schema: { state: 'ready' },
      },
    });
  });

  it('is ready and degraded while ClickHouse is unavailable', async () => {
    const node = { node: 'db:8123', state: 'unavailable', error: 'ECONNREFUSED' } as const;
    const unavailable = health({}, { clickhouse: async () => [node] });
    expect(await unavailable.readiness()).to.deep.equal({ status: 'ready' });
    const { status, parts } = await unavailable.report();
    expect(status).to.equal('degraded');
    expect(parts.clickhouse).to.deep.equal({ state: 'unavailable', error: 'ECONNREFUSED', nodes: [node] });
  });

  it('names each node of a cluster, and is degraded while one is unavailable', async () => {
    const nodes = [
      { node: 'db-1:8123', state: 'unavailable', error: 'ECONNREFUSED' },
      { node: 'db-2:8123', state: 'up', version: '26.7' },
    ] as const;
    const { status, parts } = await health({}, { clickhouse: async () => nodes }).report();
    expect(status).to.equal('degraded');
    expect(parts.clickhouse).to.deep.equal({
      state: 'partly unavailable',
      version: '26.7',
      error: 'ECONNREFUSED',
      nodes,
    });
  });

  it('is degraded while anything needs a look', async () => {
    const parts = [
      health({ shipperError: 'no table' }),
      health({ refusedSegments: 1 }),
      health({ quarantined: 1 }),
      health({ journalError: 'the rejected events cannot be written' }),
      health({}, { gate: { state: 'no table events', findings: [] } }),
      health({}, { gate: { state: 'ready', findings: [WARNING] } }),
    ];
    for (const part of parts) {
      expect((await part.report()).status).to.equal('degraded');
      expect((await part.readiness()).status).to.equal('ready');
    }
  });

  it('is not ready while the journal refuses events, and says why', async () => {
    const refusing = health({ accepting: false, journalError: 'no space left' });
    expect(await refusing.readiness()).to.deep.equal({ status: 'not ready', reason: 'no space left' });
    const { status, parts } = await refusing.report();
    expect(status).to.equal('not ready');
    expect(parts.journal).to.deep.equal({ state: 'refusing', quarantined: 0, error: 'no space left' });
  });
});
