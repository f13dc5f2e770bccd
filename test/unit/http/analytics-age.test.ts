import { expect } from 'chai';
import { createHttpApp } from '../../../server/http/routes.ts';
import { noCounts } from '../../../server/queries/hourly/hour-counter.ts';
import { httpDependencies } from '../../support/server/http-dependencies.ts';
import { whileServing } from '../../support/server/serve.ts';

const NOW_MS = 1_709_247_600_000;

async function ageOf(readMs: number): Promise<string | null> {
  let age: string | null = null;
  const app = createHttpApp({
    ...httpDependencies,
    nowMs: () => NOW_MS,
    hourly: { ...httpDependencies.hourly, hour: async (hour) => ({ counts: noCounts(hour), readMs }) },
  });
  await whileServing(app.callback(), async (url) => {
    const answer = await fetch(`${url}/analytics?timestamp=${NOW_MS}`);
    expect(answer.status).to.equal(200);
    await answer.text();
    age = answer.headers.get('Age');
  });
  return age;
}

describe('The counts of an hour', () => {
  it('say how many seconds old they are once they are older than they may be', async () => {
    expect(await ageOf(NOW_MS - 2_001)).to.equal('2');
    expect(await ageOf(NOW_MS - 61_900)).to.equal('61');
  });

  it('say nothing of their age while they are young', async () => {
    expect(await ageOf(NOW_MS)).to.equal(null);
    expect(await ageOf(NOW_MS - 2_000)).to.equal(null);
  });
});
