import type { Clickhour, Options } from './clickhour.d.ts';
import { watchPages } from './pages.ts';
import { Sender } from './sender.ts';
import { Session } from './session.ts';
import { attempt, Store } from './store.ts';

// While the script runs; later nobody knows which one it was.
const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : undefined;

/** Of the page: where it was viewed, and what is tracked before `init` says where it goes. */
const store = new Store();
const session = new Session(newId);
let options: Options | undefined;
let sender: Sender | undefined;
let isOff = false;

function init(given: Options = {}): void {
  if (options !== undefined) return;
  options = given;
  const { key, url = script?.src ?? location.href, pageviews = true, dnt = false } = given;
  isOff = dnt && asksNotToBeTracked();
  if (isOff) return;
  const target = new URL('/events', url);
  if (key !== undefined) target.searchParams.set('key', key);
  store.load(target.href);
  sender = new Sender(target.href, store);
  sender.wake();
  for (const [name, data, nowMs] of early.splice(0)) record(name, data, nowMs);
  if (pageviews) watchPages((view) => record('pageview', view, Date.now(), true));
}

/** What was tracked before `init`. */
const early: [name: string, data: object | undefined, nowMs: number][] = [];
const MAX_EARLY = 100;

function track(name: string, data?: object): void {
  if (options !== undefined) record(name, data, Date.now());
  else if (early.length < MAX_EARLY) early.push([name, data, Date.now()]);
}

/** The id and the time are of now, so that it is one event, however often it is sent. */
function record(name: string, data: object | undefined, nowMs: number, isOpen = false): void {
  if (isOff) return;
  const id = newId();
  const event = { name, category: options?.category, timestamp: nowMs, event_id: id, ...session.at(nowMs), data };
  // What cannot be JSON must not break the page.
  attempt(() => store.add(id, () => JSON.stringify(event), isOpen));
  sender?.wake();
}

function user(id?: string): void {
  if (!isOff) session.user(id);
}

function newId(): string {
  // Only where the page is secure.
  return (
    attempt(() => crypto.randomUUID()) ?? Array.from({ length: 4 }, () => Math.random().toString(36).slice(2)).join('')
  );
}

function asksNotToBeTracked(): boolean {
  const { doNotTrack, globalPrivacyControl } = navigator as Navigator & { readonly globalPrivacyControl?: boolean };
  return doNotTrack === '1' || globalPrivacyControl === true;
}

const api: Clickhour = { init, track, user };
globalThis.clickhour = api;

// For pages whose policy allows no script of their own.
if (script?.dataset['key'] !== undefined) {
  const { key, url, category, pageviews, dnt } = script.dataset;
  init({
    key,
    ...(url === undefined ? {} : { url }),
    ...(category === undefined ? {} : { category }),
    pageviews: pageviews !== 'false',
    dnt: dnt !== undefined && dnt !== 'false',
  });
}
