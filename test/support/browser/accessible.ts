import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Result } from 'axe-core';
import { expect } from 'chai';
import type { Page } from 'playwright-core';

/** Only what is violated is described in full, and handed over: to describe what passes takes longer than to check it. */
const FIND_GRAVE = `axe
  .run({ resultTypes: ['violations'] })
  .then(({ violations }) => violations.filter(({ impact }) => impact === 'serious' || impact === 'critical'))`;

/** Expects that axe finds nothing serious or critical on the page as it is now. */
export async function expectAccessible(page: Page): Promise<void> {
  // It stays until the page goes to another address.
  if (await page.evaluate("typeof axe === 'undefined'")) {
    const file = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    await page.evaluate(await readFile(file, 'utf8'));
  }
  const grave = await page.evaluate<readonly Result[]>(FIND_GRAVE);
  const findings = grave.map(({ id, help, nodes }) => {
    const places = nodes.map(({ html, failureSummary = '' }) => `${html}: ${failureSummary}`);
    return `${id}: ${help}\n    ${places.join('\n    ')}`;
  });
  expect(findings, `axe on ${page.url()}:\n  ${findings.join('\n  ')}`).to.deep.equal([]);
}
