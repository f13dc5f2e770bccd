import { expect } from 'chai';
import { createHttpApp } from '../../../server/http/routes.ts';
import { httpDependencies } from '../../support/server/http-dependencies.ts';
import { keptLog } from '../../support/logs.ts';
import { whileServing } from '../../support/server/serve.ts';

const fails = async () => {
  throw new Error('the secret reason');
};

describe('A request that fails for a reason nobody foresaw', () => {
  it('is in the log under its id, and its reason is not in the answer', async () => {
    const { log, lines } = keptLog();
    const app = createHttpApp({
      ...httpDependencies,
      log,
      hourly: { ...httpDependencies.hourly, hour: fails },
    });
    await whileServing(app.callback(), async (url) => {
      const headers = { 'X-Request-Id': 'failing-1' };
      const answer = await fetch(`${url}/analytics?timestamp=1`, { headers });
      expect(answer.status).to.equal(500);
      expect(answer.headers.get('X-Request-Id')).to.equal('failing-1');
      expect(await answer.text()).not.to.contain('secret');
    });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.deep.include({ requestId: 'failing-1', path: '/analytics' });
    expect(JSON.stringify(lines[0])).to.contain('the secret reason');
  });
});
