import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Result } from 'axe-core';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { eventually } from '../http/outcome.ts';

/** Only what is violated is described in full, and handed over: to describe what passes takes longer than to check it. */
const FIND_GRAVE = `axe
  .run({ resultTypes: ['violations'] })
  .then(({ violations }) => violations.filter(({ impact }) => impact === 'serious' || impact === 'critical'))`;

const UNSETTLED = `document.querySelectorAll('[aria-busy="true"]').length + document.getAnimations().filter(
  (each) => each.playState === 'running' && each.effect.getComputedTiming().endTime !== Infinity).length`;

/** Expects that axe finds nothing serious or critical on the page as it is now. */
export async function expectAccessible(page: Page): Promise<void> {
  // What answers the question before is shown faintly until the new answer is there, and then not all at once.
  await eventually(async () => expect(await page.evaluate<number>(UNSETTLED)).to.equal(0));
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
