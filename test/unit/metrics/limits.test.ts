import { expect } from 'chai';
import { Registry } from 'prom-client';
import { defaults, type Config } from '../../../server/config/config.ts';
import { limitMetrics } from '../../../server/metrics/limits.ts';

/** Every limit, each of another value. */
const LIMITS = {
  requestTimeoutMs: 1_000,
  maxConnections: 2,
  maxFutureMs: 3_000,
  maxBodyBytes: 4,
  bodiesMaxBytes: 5,
  journal: { batchMaxWaitMs: 6_000, segmentMaxBytes: 7, maxBytes: 8, pendingMaxBytes: 9 },
  live: { maxReaders: 10 },
} satisfies Partial<Config>;

describe('limitMetrics', () => {
  it('has every configured limit, in bytes, seconds or numbers', async () => {
    const registry = new Registry();
    limitMetrics(registry, { ...defaults, ...LIMITS });
    const metrics = await registry.getMetricsAsJSON();
    const values = metrics.flatMap((metric) => metric.values.map(({ value }) => value));
    for (let value = 1; value <= 10; value += 1) expect(values).to.include(value);
    for (const value of Object.values(defaults.questions)) expect(values).to.include(value);
    expect(values).to.include(defaults.cache.maxHours);
  });
});
