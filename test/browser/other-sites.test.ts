import { expect } from 'chai';
import { inBrowser } from '../support/browser/browser.ts';
import { whileServing } from '../support/server/serve.ts';
import { startTestApp, type TestApp } from '../support/server/test-app.ts';

describe('Pages of other sites, in a browser', () => {
  let service: TestApp;
  before(async () => {
    service = await startTestApp();
  });
  after(async () => service.remove());

  const clicks = async () => (await fetch(`${service.url}/analytics?timestamp=0`)).text();

  it(
    'read nothing by a name of their own that leads here',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/403/);
      const { port } = new URL(service.url);
      const page = await open(`http://rebound.example:${port}/analytics?timestamp=0`);
      const text = await page.textContent('body');
      expect(text).to.contain('ALLOWED_HOSTS').and.not.to.contain('clicks');
    }),
  );

  it(
    'have nothing stored, also where the browser does not ask first',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/403|another host|CORS|ERR_FAILED/i);
      await whileServing(
        async (_, response) => {
          response.setHeader('Content-Type', 'text/html');
          response.end('<!doctype html><link rel="icon" href="data:,"><title>other</title>');
        },
        async (url) => {
          const page = await open(url.replace('127.0.0.1', 'other.example'));
          const sent = await page.evaluate(`(async () => {
            const target = '${service.url}';
            await fetch(target + '/analytics?timestamp=0&user=a&click', { method: 'POST', mode: 'no-cors' });
            await fetch(target + '/events', { method: 'POST', mode: 'no-cors', body: '{"name":"a"}' });
            return navigator.sendBeacon(target + '/analytics?timestamp=0&user=b&click');
          })()`);
          expect(sent).to.equal(true);
          await new Promise((resolve) => setTimeout(resolve, 1000));
        },
      );
      expect(await clicks()).to.contain('clicks,0\n');
      const { events } = (await (await fetch(`${service.url}/events`)).json()) as { events: unknown[] };
      expect(events).to.deep.equal([]);
    }),
  );
});
