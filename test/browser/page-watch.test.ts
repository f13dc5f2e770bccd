import { expect } from 'chai';
import { inBrowser } from '../support/browser/browser.ts';
import { PageWatch } from '../support/browser/page-watch.ts';
import { whileServing } from '../support/server/serve.ts';

const FAILING = '<script src="/failing.js"></script>';

/** Without these, a test with a browser could pass because it notices nothing. */
describe('A test with a browser', () => {
  it('passes on a page without trouble', expectTrouble('<p>fine</p>', undefined));

  it('fails on what a script does not catch', expectTrouble(FAILING, /^uncaught: on purpose$/));

  it('passes when it allows the trouble that there is', expectTrouble(FAILING, undefined, /on purpose/));

  it(
    'fails on what the Content-Security-Policy forbids',
    expectTrouble('<script>alert(1)</script>', /^console: .*Content Security Policy/),
  );

  it(
    'fails on a request to another host',
    expectTrouble('<img src="http://127.0.0.2:9/x.png">', /^another host: GET http:\/\/127\.0\.0\.2:9\//),
  );
});

/** Opens a page with this in it, and expects that something that matches was noted; or nothing, without a pattern. */
function expectTrouble(html: string, pattern: RegExp | undefined, allowed?: RegExp): Mocha.AsyncFunc {
  return inBrowser(async ({ open, allowTrouble }) => {
    allowTrouble(/./);
    const watch = new PageWatch();
    if (allowed !== undefined) watch.allow(allowed);
    await whileServing(
      async ({ url }, response) => {
        const isScript = url === '/failing.js';
        response.setHeader('Content-Security-Policy', "script-src 'self'; img-src *");
        response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
        response.end(isScript ? 'throw new Error("on purpose")' : html);
      },
      async (url) => {
        const page = await open('about:blank');
        watch.watch(page, url);
        await page.goto(url, { waitUntil: 'load' });
      },
    );
    if (pattern === undefined) watch.expectNoTrouble();
    else expect(watch.unexpected().join('\n')).to.match(new RegExp(pattern, 'm'));
  });
}
