import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { expect } from 'chai';
import type { Page } from 'playwright-core';

const GRAVE: readonly unknown[] = ['serious', 'critical'];

/** Expects that axe finds nothing serious or critical on the page as it is now. */
export async function expectAccessible(page: Page): Promise<void> {
  const file = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  await page.evaluate(await readFile(file, 'utf8'));
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  const grave = violations.filter(({ impact }) => GRAVE.includes(impact));
  const findings = grave.map(({ id, help, nodes }) => {
    const places = nodes.map(({ html, failureSummary = '' }) => `${html}: ${failureSummary}`);
    return `${id}: ${help}\n    ${places.join('\n    ')}`;
  });
  expect(findings, `axe on ${page.url()}:\n  ${findings.join('\n  ')}`).to.deep.equal([]);
}
