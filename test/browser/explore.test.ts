import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { deferred } from '../../server/common/deferred.ts';
import { expectAccessible } from '../support/browser/accessible.ts';
import { inBrowser, screenshot } from '../support/browser/browser.ts';
import { openShop, type ShopEvent } from '../support/browser/shop.ts';
import { eventually } from '../support/http/outcome.ts';
import { startTestApp, type TestApp } from '../support/server/test-app.ts';

const PATIENCE_MS = 120_000;
const DAY_MS = 86_400_000;

describe('Exploring in a browser', function () {
  this.timeout(PATIENCE_MS);

  let service: TestApp;
  let events: readonly ShopEvent[];
  /** Of the last 31 days, today included. */
  let recent: readonly ShopEvent[];

  before(async () => {
    service = await startTestApp();
    events = await openShop(service.url);
    const fromMs = (Math.floor(Date.now() / DAY_MS) - 30) * DAY_MS;
    recent = events.filter(({ timestamp }) => timestamp >= fromMs);
  });
  after(async () => service.remove());

  const urlOf = (query: string) => `${service.url}/?view=explore${query}`;
  const plansOf = (name: string) => {
    const counts = new Map<string, number>();
    for (const event of recent.filter((one) => one.name === name)) {
      counts.set(event.data.plan, (counts.get(event.data.plan) ?? 0) + 1);
    }
    return [...counts]
      .sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
      .map(([plan, n]) => `${plan} ${n}`);
  };

  it(
    'answers signups a day by plan with what is suggested, and the address holds each choice',
    inBrowser(async ({ open }) => {
      const page = await open(urlOf(''));
      await choose(page, 'Event', /^signup/);
      await choose(page, 'Broken down by', /^plan/);
      await eventually(async () => expect(await legend(page)).to.deep.equal(plansOf('signup')));
      expect(new URL(page.url()).search).to.equal('?view=explore&category=account&name=signup&by=data.plan');
      await page.getByRole('button', { name: 'Table' }).click();
      await eventually(async () => expect(await page.locator('tbody tr').count()).to.equal(31));
      expect(await page.evaluate('localStorage.length + document.cookie.length')).to.equal(0);
      const again = await open(page.url());
      await eventually(async () => expect(await legend(again)).to.deep.equal(plansOf('signup')));
      await page.goBack();
      await page.goBack();
      await page.getByRole('heading', { name: 'Events · signup', exact: true }).waitFor();
    }),
  );

  it(
    'filters by values that are in the payloads, and a row of the table leads to its events',
    inBrowser(async ({ open }) => {
      const page = await open(urlOf('&as=table&category=shop&name=purchase'));
      await page.getByRole('button', { name: '+ Filter' }).click();
      await choose(page, 'Filter by', /^plan/);
      await choose(page, 'plan is', /^pro/);
      const bought = recent.filter(({ name, data }) => name === 'purchase' && data.plan === 'pro');
      await eventually(async () => expect(await legend(page)).to.deep.equal([`purchase ${bought.length}`]));
      const row = page.locator('tbody tr').filter({ hasNotText: /\s0$/ }).first();
      const count = Number(/\d+$/.exec(await row.innerText())?.[0]);
      await row.getByRole('link').click();
      await eventually(async () => expect(await page.locator('.event-line').count()).to.equal(count));
      expect(new URL(page.url()).searchParams.get('where')).to.equal('data.plan:pro');
    }),
  );

  it(
    'forgets a filter that is cancelled, whatever was typed for it',
    inBrowser(async ({ open }) => {
      const page = await open(urlOf('&as=table&category=shop&name=purchase'));
      const filters = page.getByRole('group', { name: 'Where' });
      const cancel = async () => {
        await filters.getByRole('button', { name: 'Cancel' }).click();
        await filters.getByRole('button', { name: '+ Filter' }).waitFor();
      };
      await filters.getByRole('button', { name: '+ Filter' }).click();
      await page.getByRole('combobox', { name: 'Filter by' }).fill('nothing.there');
      await cancel();
      await filters.getByRole('button', { name: '+ Filter' }).click();
      await choose(page, 'Filter by', /^plan/);
      await page.getByRole('combobox', { name: 'plan is' }).fill('nothing that is there');
      await cancel();
      expect(new URL(page.url()).searchParams.has('where')).to.equal(false);
    }),
  );

  it(
    'compares with the period before, and counts users',
    inBrowser(async ({ open }) => {
      const page = await open(urlOf('&range=7d&name=page+viewed'));
      await page.getByLabel('Count', { exact: true }).selectOption('Unique users');
      await page.getByRole('button', { name: 'Compare with before' }).click();
      await page
        .locator('.legend')
        .getByText(/against \d+ before/)
        .waitFor();
      const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
      const users = new Set(
        events
          .filter(({ name, timestamp }) => name === 'page viewed' && timestamp >= today - 6 * DAY_MS)
          .map(({ user }) => user),
      );
      expect(await page.locator('.legend strong').innerText()).to.equal(String(users.size));
      await page.getByRole('button', { name: 'Table' }).click();
      await page.getByRole('columnheader', { name: 'Before' }).waitFor();
      const held = deferred<void>();
      await page.route('**/events/series?*', async (route) => held.promise.then(async () => route.continue()));
      await page.getByLabel('Per', { exact: true }).selectOption('week');
      await page.locator('.answer[aria-busy="true"]').waitFor();
      // What is still there is of days.
      await page.getByRole('columnheader', { name: 'Day' }).waitFor();
      held.resolve();
      await page.getByRole('columnheader', { name: 'Week' }).waitFor();
      await page.getByRole('button', { name: 'Bars' }).click();
      await page.locator('.mark-tick').first().waitFor({ state: 'attached' });
      await screenshot(page, 'explore-bars');
    }),
  );

  it(
    'is copied as a link, CSV, an API call and SQL',
    inBrowser(async ({ open }) => {
      const page = await open(urlOf('&name=signup&category=account&by=data.plan&range=7d'));
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.locator('.legend li').first().waitFor();
      const copied = async (name: string) => {
        const button = page.getByRole('button', { name: `Copy ${name}` });
        await button.click();
        await button.filter({ hasText: 'Copied' }).waitFor();
        return await page.evaluate<string>('navigator.clipboard.readText()');
      };
      expect(await copied('the link')).to.equal(`${page.url()}&tz=UTC`);
      expect((await copied('the figures as CSV')).split('\r\n')).to.have.length(9);
      const call = /'(.+)'/.exec(await copied('the API call'))?.[1] ?? '';
      const answer = (await (await fetch(call)).json()) as { series: { key: string; total: number }[] };
      expect(answer.series.map(({ key, total }) => `${key} ${total}`)).to.deep.equal(await legend(page));
      expect(await copied('the query as SQL')).to.contain("AND name = 'signup'");
    }),
  );

  it(
    'is no wider than a page that became narrower, not even before its chart is drawn again',
    inBrowser(async ({ open }) => {
      const page = await open(urlOf('&range=7d'));
      await page.addInitScript('ResizeObserver.prototype.observe = () => {}');
      await page.reload();
      await page.locator('.chart .mark-line').first().waitFor({ state: 'attached' });
      await page.setViewportSize({ width: 375, height: 900 });
      expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).to.be.at.most(0);
    }),
  );

  it(
    'says at its field what is wrong with a link, and is no wider than the page whatever is in that',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/status of 4(00|04|14|31)/);
      const page = await open(urlOf('&interval=fortnight'));
      await page.getByText(/Received "fortnight", expected/).waitFor();
      await expectAccessible(page);
      const long = 'x'.repeat(7_000);
      for (const query of [
        `view=explore&by=${long}&name=${long}&where=${long}`,
        `view=top&by=${long}`,
        `view=top&window=${long}`,
        `view=browse&from=${long}`,
        `view=browse&name=${long}&where=${long}`,
        `view=users&user=${long}`,
        `view=funnel&step=${long}&step=${long}`,
        `view=rejected&reason=${long}`,
        `view=${long}`,
        `range=${long}`,
      ]) {
        await page.goto(`${service.url}/?${query}`);
        await page.waitForTimeout(400);
        for (const width of [1280, 375]) {
          await page.setViewportSize({ width, height: 900 });
          const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
          expect(overflow, `${query.slice(0, 40)} at ${width}`).to.be.at.most(0);
        }
      }
    }),
  );

  for (const colorScheme of ['light', 'dark'] as const) {
    it(
      `is accessible in ${colorScheme}, also with its suggestions open`,
      inBrowser(async ({ open }) => {
        const page = await open(urlOf('&name=signup&category=account&by=data.plan&compare=before'), { colorScheme });
        await page.locator('.mark-before').first().waitFor({ state: 'attached' });
        await screenshot(page, `explore-${colorScheme}`);
        await page.getByRole('combobox', { name: 'Event' }).press('ArrowDown');
        await page.getByRole('option').first().waitFor();
        await expectAccessible(page);
        await page.keyboard.press('Escape');
        await page.getByRole('option').first().waitFor({ state: 'hidden' });
      }),
    );
  }
});

async function choose(page: Page, label: string, option: RegExp): Promise<void> {
  await page.getByRole('combobox', { name: label, exact: true }).click();
  await page.getByRole('option', { name: option }).first().click();
}

/** What each line stands for, and its total. */
async function legend(page: Page): Promise<string[]> {
  await page.locator('.answer[aria-busy="false"] .legend').waitFor();
  const items = await page.locator('.legend li').all();
  return await Promise.all(
    items.map(async (item) => `${await item.locator('bdi').innerText()} ${await item.locator('strong').innerText()}`),
  );
}
