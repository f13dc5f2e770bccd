import { createServer } from 'node:http';
import { expect } from 'chai';
import { createHttpApp } from '../../../server/http/routes.ts';
import { httpDependencies } from '../../support/http-dependencies.ts';
import { keptLog } from '../../support/logs.ts';

const fails = async () => {
  throw new Error('the secret reason');
};

describe('A request that fails for a reason nobody foresaw', () => {
  it('is in the log under its id, and its reason is not in the answer', async () => {
    const { log, lines } = keptLog();
    const app = createHttpApp({ ...httpDependencies, log, hourly: { hour: fails, hours: fails } });
    const handle = app.callback();
    const server = createServer((request, response) => void handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/analytics?timestamp=1`, {
        headers: { 'X-Request-Id': 'failing-1' },
      });
      expect(answer.status).to.equal(500);
      expect(answer.headers.get('X-Request-Id')).to.equal('failing-1');
      expect(await answer.text()).not.to.contain('secret');
      expect(lines).to.have.length(1);
      expect(lines[0]).to.deep.include({ requestId: 'failing-1', path: '/analytics' });
      expect(JSON.stringify(lines[0])).to.contain('the secret reason');
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
