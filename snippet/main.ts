import type { Clickhour, Options } from './clickhour.d.ts';
import { watchPages } from './pages.ts';
import { Sender } from './sender.ts';
import { Session } from './session.ts';
import { attempt, Store } from './store.ts';

// While the script runs; later nobody knows which one it was.
const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : undefined;

const store = new Store();
const session = new Session(newId);
/** What was called before `init`; nothing once that has said where events go, or that they go nowhere. */
let early: (() => void)[] | undefined = [];
const MAX_EARLY = 100;
let sender: Sender | undefined;
let category: string | undefined;

function init(given?: Options): void {
  if (early === undefined) return;
  // Not a default: null is none either.
  const options = given ?? {};
  const { key, pageviews = true, dnt = false } = options;
  if (dnt && asksNotToBeTracked()) {
    early = undefined;
    store.forget();
    session.forget();
    return;
  }
  // A script inside of a page comes from nowhere.
  const url = options.url || script?.src || location.href;
  const target = attempt(() => new URL('/events', url));
  if (target === undefined) {
    // eslint-disable-next-line no-console
    console.error(`clickhour: received "${url}", expected a URL such as https://events.example.com`);
    return;
  }
  if (key !== undefined) target.searchParams.set('key', key);
  category = textOf(options.category);
  store.load(target.href);
  sender = new Sender(target.href, store);
  sender.wake();
  const calls = early;
  early = undefined;
  for (const call of calls) onceBegun(call);
  if (pageviews) watchPages((view) => record('pageview', view, Date.now(), true));
}

function track(name: string, data?: object): void {
  const nowMs = Date.now();
  if (early === undefined || early.length < MAX_EARLY) onceBegun(() => record(name, data, nowMs));
}

function user(id?: string | number | null): void {
  onceBegun(() => session.user(textOf(id)));
}

function onceBegun(call: () => void): void {
  if (early !== undefined) early.push(call);
  // What cannot be JSON must not break the page.
  else if (sender !== undefined) attempt(call);
}

/** The id and the time are of now, so that it is one event, however often it is sent. */
function record(name: string, data: object | undefined, nowMs: number, isOpen = false): void {
  const id = newId();
  const event = { name, category, timestamp: nowMs, event_id: id, ...session.at(nowMs), data };
  store.add(id, () => JSON.stringify(event), isOpen);
  sender?.wake();
}

/** The service takes no other value, and no empty text. */
function textOf(value: string | number | null | undefined): string | undefined {
  return String(value ?? '') || undefined;
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
// Where the script is there already, it goes on; what has this name as its id is no script.
if (!globalThis.clickhour?.init) globalThis.clickhour = api;

// For pages whose policy allows no script of their own.
if (script?.dataset['key'] !== undefined) {
  const { key, url, category, pageviews, dnt } = script.dataset;
  globalThis.clickhour.init({
    key,
    url: url || script.src,
    category,
    pageviews: pageviews !== 'false',
    dnt: dnt !== undefined && dnt !== 'false',
  });
}
