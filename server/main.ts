import { existsSync } from 'node:fs';
import type * as Service from './serve.ts';
import { listenForStop } from './stop-requests.ts';

// Before anything else is loaded, so that who stops a service in its first second stops it in order, too.
const stop = listenForStop();
// scripts/bundle-server.mjs makes one file of all that is loaded: to find and read 900 takes a second.
const bundle = new URL('bundle.js', import.meta.url);
const { serve } = existsSync(bundle) ? ((await import(bundle.href)) as typeof Service) : await import('./serve.ts');
await serve(stop);
