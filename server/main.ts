import { listenForStop } from './stop-requests.ts';

// Before anything else is loaded, so that who stops a service in its first second stops it in order, too.
const stop = listenForStop();
const { serve } = await import('./serve.ts');
await serve(stop);
