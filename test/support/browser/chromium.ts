import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';

const USUAL_PATHS = [
  // The same engine without a window: a page takes less than half of the processor time.
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
/** It must speak with nobody but the service under test. */
const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // One process for all tabs: what is compiled for one is there for the next. What a service is asked stays the same.
  '--renderer-process-limit=1',
  '--disable-site-isolation-trials',
  // Pages of other sites, all of them here.
  '--host-resolver-rules=MAP *.example 127.0.0.1',
];

let launched: Promise<Browser> | undefined;

/**
 * The one browser of this test file, started when it is first asked for.
 * @returns nothing where there is none and nobody demands it
 * @throws Error where `CI` demands it, or `CHROMIUM` names a file that is not there
 */
export async function chromium(): Promise<Browser | undefined> {
  const executablePath = installedChromium();
  if (executablePath === undefined) return undefined;
  launched ??= launch(executablePath);
  return await launched;
}

/** Ends the browser, if it was started. */
export async function closeChromium(): Promise<void> {
  const browser = await launched?.catch(() => undefined);
  launched = undefined;
  await browser?.close();
}

/** Where the browser of this machine is. @throws like `chromium` */
function installedChromium(): string | undefined {
  const { CHROMIUM: named, CI: isDemanded } = process.env;
  if (named !== undefined && !existsSync(named)) {
    throw new Error(`CHROMIUM: received "${named}", expected the path of a Chromium`);
  }
  const found = named ?? USUAL_PATHS.find((path) => existsSync(path));
  if (found === undefined && isDemanded !== undefined) {
    throw new Error(`no Chromium at ${USUAL_PATHS.join(', ')}: install it, or say in CHROMIUM where it is`);
  }
  return found;
}

async function launch(executablePath: string): Promise<Browser> {
  const playwright = await import('playwright-core');
  return await playwright.chromium.launch({ executablePath, chromiumSandbox: false, args: ARGUMENTS });
}
