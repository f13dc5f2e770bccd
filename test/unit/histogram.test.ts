import { expect } from 'chai';
import { AggregatorRegistry, Histogram as PromHistogram, Registry } from 'prom-client';
import { Histogram } from '../../server/metrics/histogram.ts';

const FACTS = { name: 'request_seconds', help: 'How long requests take', buckets: [0.01, 0.1, 1] };
const OK = { method: 'GET', status: '200' };
const FAILED = { method: 'POST', status: '500' };
/** On bounds, between them, below and above all. */
const VALUES = [0, 0.01, 0.010_000_1, 0.1, 0.5, 1, 1.5, 3600];

function ours(): Registry {
  const registry = new Registry();
  const histogram = new Histogram({ ...FACTS, registry });
  const ok = histogram.series(OK);
  const failed = histogram.series(FAILED);
  for (const value of VALUES) ok.observe(value);
  failed.observe(2);
  return registry;
}

function promClients(): Registry {
  const registry = new Registry();
  const histogram = new PromHistogram({
    ...FACTS,
    labelNames: ['method', 'status'],
    registers: [registry],
  });
  for (const value of VALUES) histogram.observe(OK, value);
  histogram.observe(FAILED, 2);
  return registry;
}

async function sumOfTwoWorkers(create: () => Registry): Promise<string> {
  const workers = [await create().getMetricsAsJSON(), await create().getMetricsAsJSON()];
  return AggregatorRegistry.aggregate(workers).metrics();
}

describe('A histogram', () => {
  it('reads in Prometheus as one of prom-client that observed the same', async () => {
    expect(await ours().metrics()).to.equal(await promClients().metrics());
  });

  it('adds up over workers as one of prom-client does', async () => {
    expect(await sumOfTwoWorkers(ours)).to.equal(await sumOfTwoWorkers(promClients));
  });

  it('has one name in its registry', () => {
    const registry = ours();
    expect(() => new Histogram({ ...FACTS, registry })).to.throw('already been registered');
  });
});
