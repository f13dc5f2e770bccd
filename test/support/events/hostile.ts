import { expect } from 'chai';
import type { Page } from 'playwright-core';

/** What would run, load or break out, if a page took it for anything but text. Each is a name that an event may have. */
export const HOSTILE: readonly string[] = [
  '<img src=x onerror="document.title=\'broken\'">',
  '<script>document.title="broken"</script>',
  'javascript:document.title="broken"',
  '"><svg onload=document.title="broken">',
  '{{constructor.constructor("document.title=1")()}}',
  '\u202Eright to left\u202C שלום مرحبا',
  '👩‍👩‍👧‍👦 e\u0301 \u0007\u001B[31m',
  'W'.repeat(256),
];

/** Expects that nothing of it ran, and that the page is no wider than a phone's and a desktop's screen. */
export async function expectHarmless(page: Page): Promise<void> {
  expect(await page.title()).to.match(/ · clickhour$/);
  expect(await page.locator('main img, main svg[onload], main script, a[href^="javascript:"]').count()).to.equal(0);
  const before = page.viewportSize();
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 844 });
    const overflow = 'document.documentElement.scrollWidth - window.innerWidth';
    expect(await page.evaluate<number>(overflow), `wider than ${width} by`).to.be.at.most(0);
  }
  if (before !== null) await page.setViewportSize(before);
}
