import { statSync } from 'node:fs';
import type * as Service from './serve.ts';
import { listenForStop } from './stop-requests.ts';

// Before anything else is loaded, so that who stops a service in its first second stops it in order, too.
const stop = listenForStop();
// What is said to people cannot be written on a full disk or to a terminal that is closed. That is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', ignore);
// scripts/bundle-server.mjs makes one file of all that is loaded: to find and read 900 takes a second. It counts while
// nothing was compiled after it.
const bundle = new URL('bundle.js', import.meta.url);
const { serve } =
  changedMs(bundle) > changedMs(new URL('../tsconfig.tsbuildinfo', import.meta.url))
    ? ((await import(bundle.href)) as typeof Service)
    : await import('./serve.ts');
await serve(stop);

function ignore(): void {
  // Whoever should read it is not there.
}

/** 0 for what is not there. */
function changedMs(file: URL): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
