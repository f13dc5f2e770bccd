import { Agent, request, type OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { HOUR_MS } from '../../../server/events/hours.ts';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';

export interface TrafficOptions {
  readonly ledger: Ledger;
  readonly random: Random;
  /** Asked before each request, because servers come and go. */
  readonly url: () => string | undefined;
  readonly connections?: number;
  /** Between two requests of one connection. */
  readonly pauseMs?: number;
  readonly timestampMs?: () => number;
  /** Only POST /analytics. */
  readonly isHourlyOnly?: boolean;
  /** How many of the requests are an earlier one once more, as from a client that retries. */
  readonly againShare?: number;
}

export interface Traffic {
  /** Stops sending and waits for the answers that are under way. */
  stop(): Promise<void>;
}

/** A request whose events are in the ledger. */
interface Sending {
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Buffer;
  readonly good: readonly string[];
  /** What will be rejected, because it is no event. */
  readonly bad: readonly string[];
  /** Sent again, it says the same: each event has an id of its own, and there is nothing to reject. */
  readonly isRepeatable: boolean;
}

const REFUSED_PAUSE_MS = 30;
const TIMEOUT_MS = 60_000;
const RECENT_HOURS = 2000;
/** So many of the last requests are remembered, to be sent again. */
const REMEMBERED = 200;
const AGAIN_SHARE = 0.15;

/** Real HTTP clients that send events of every kind, and write down what they were told about each. */
export function startTraffic(options: TrafficOptions): Traffic {
  const { connections = 6, pauseMs = 15, againShare = AGAIN_SHARE, url, random, ledger } = options;
  const stop = new AbortController();
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const answered: Sending[] = [];
  const sendNext = async (base: string) => {
    if (answered.length > 0 && random.isTrue(againShare))
      return await exchangeAgain(base, random.pick(answered), ledger, agent);
    const sending = nextSending(options);
    const isTaken = await exchange(base, sending, ledger, agent);
    if (sending.isRepeatable) answered.push(sending);
    if (answered.length > REMEMBERED) answered.shift();
    return isTaken;
  };
  const send = async () => {
    while (!stop.signal.aborted) {
      const base = url();
      const isTaken = base !== undefined && (await sendNext(base));
      await sleep(isTaken ? pauseMs : REFUSED_PAUSE_MS);
    }
  };
  const senders = Array.from({ length: connections }, send);
  return {
    stop: async () => {
      stop.abort();
      await Promise.all(senders);
      agent.destroy();
    },
  };
}

/**
 * Sends one body of so many good events, and waits for the answer.
 * @param odd makes one more event, somewhere in the middle: members to add to it or to replace
 * @returns the events, whatever became of them; the odd one last
 */
export async function sendBody(
  options: TrafficOptions,
  events: number,
  odd?: Readonly<Record<string, unknown>>,
): Promise<readonly string[]> {
  const sending = ndjson(options, events, { bad: 0, isGzipped: false }, odd);
  const agent = new Agent();
  await exchange(options.url() ?? '', sending, options.ledger, agent);
  agent.destroy();
  return sending.good;
}

/** @returns whether the events were taken */
async function exchange(base: string, sending: Sending, ledger: Ledger, agent: Agent): Promise<boolean> {
  const { good, bad } = sending;
  const answer = await post(base, sending, agent).catch(() => undefined);
  ledger.answered(answer?.status ?? 'cut');
  // Without an answer they stay unknown.
  if (answer === undefined) return false;
  const isTaken = answer.status === 204 || answer.status === 202;
  ledger.settle(good, isTaken ? 'acknowledged' : 'refused');
  // Where there is no room for it, the answer says that a rejected event is not kept.
  const isKept = answer.status === 202 && !answer.text.includes('this one is not kept');
  ledger.settle(bad, isKept ? 'rejected' : 'refused');
  if (answer.status === 202) expectVerdicts(answer.text, sending);
  return isTaken;
}

/** The same once more, to any server: one event, whatever became of the first. @returns whether it was taken */
async function exchangeAgain(base: string, sending: Sending, ledger: Ledger, agent: Agent): Promise<boolean> {
  const answer = await post(base, sending, agent).catch(() => undefined);
  ledger.answered(answer?.status ?? 'cut');
  const isTaken = answer?.status === 204 || answer?.status === 202;
  if (isTaken) ledger.settle(sending.good, 'acknowledged');
  // What was refused before may be stored now. A refusal of this one changes nothing.
  if (answer === undefined) ledger.settle(sending.good, 'unknown');
  if (answer?.status === 202) expectVerdicts(answer.text, sending);
  return isTaken;
}

function expectVerdicts(answer: string, { good, bad }: Sending): void {
  const { accepted, rejected } = JSON.parse(answer) as { accepted: number; rejected: readonly unknown[] };
  if (accepted === good.length && rejected.length === bad.length) return;
  throw new Error(`received verdicts ${answer}, expected ${good.length} accepted, ${bad.length} rejected`);
}

function nextSending(options: TrafficOptions): Sending {
  const { random, isHourlyOnly = false } = options;
  const kind = random.next();
  if (isHourlyOnly || kind < 0.5) return single(options);
  if (kind < 0.6) return array(options, random.whole(1, 20));
  return ndjson(options, random.whole(1, 40), {
    bad: random.isTrue(0.3) ? random.whole(1, 3) : 0,
    isGzipped: random.isTrue(0.3),
  });
}

function single({ ledger, random, ...options }: TrafficOptions): Sending {
  const id = ledger.open();
  const name = random.pick(['click', 'impression']);
  const path = `/analytics?timestamp=${timestampOf({ random, ...options })}&user=${id}&${name}`;
  const sending = { body: '', good: [id], bad: [] };
  const way = random.next();
  if (way < 0.4) return { path: `${path}&event_id=${id}`, headers: {}, isRepeatable: true, ...sending };
  if (way < 0.6) return { path, headers: { 'Idempotency-Key': id }, isRepeatable: true, ...sending };
  // The service gives it an id.
  return { path, headers: {}, isRepeatable: false, ...sending };
}

function array(options: TrafficOptions, count: number): Sending {
  const good = Array.from({ length: count }, () => options.ledger.open());
  const body = `[${good.map((id) => eventOf(id, options)).join(',')}]`;
  const headers = { 'Content-Type': 'application/json' };
  return { path: '/events', headers, body, good, bad: [], isRepeatable: true };
}

function ndjson(
  options: TrafficOptions,
  count: number,
  { bad: badCount, isGzipped }: { readonly bad: number; readonly isGzipped: boolean },
  odd?: Readonly<Record<string, unknown>>,
): Sending {
  const good = Array.from({ length: count }, () => options.ledger.open());
  const bad = Array.from({ length: badCount }, () => options.ledger.open());
  const lines = [
    ...good.map((id) => eventOf(id, options)),
    ...bad.map((id) => JSON.stringify({ user: id, is: 'no event' })),
  ];
  if (odd !== undefined) {
    const id = options.ledger.open();
    lines.splice(count >> 1, 0, eventOf(id, options, odd));
    good.push(id);
  }
  const body = lines.join('\n');
  return {
    path: '/events',
    headers: {
      'Content-Type': 'application/x-ndjson',
      ...(isGzipped ? { 'Content-Encoding': 'gzip' } : {}),
    },
    body: isGzipped ? gzipSync(body) : body,
    good,
    bad,
    isRepeatable: bad.length === 0,
  };
}

/** Some of them are clicks and impressions. */
function eventOf(
  id: string,
  options: Pick<TrafficOptions, 'random' | 'timestampMs'>,
  members: Readonly<Record<string, unknown>> = {},
): string {
  const { random } = options;
  const isCounted = random.isTrue(0.5);
  return JSON.stringify({
    event_id: id,
    user: id,
    session_id: `session ${random.whole(1, 50)}`,
    category: isCounted ? 'analytics' : 'page interaction',
    name: isCounted ? random.pick(['click', 'impression']) : 'scroll',
    data: { depth: random.whole(1, 100), text: 'Zoë "quoted" \\ 漢字' },
    timestamp: timestampOf(options),
    ...members,
  });
}

/** Past hours too, so that one segment touches several partitions of both tables. */
function timestampOf({ random, timestampMs }: Pick<TrafficOptions, 'random' | 'timestampMs'>): number {
  return timestampMs?.() ?? Date.now() - random.whole(0, RECENT_HOURS) * HOUR_MS;
}

async function post(
  base: string,
  { path, headers, body }: Sending,
  agent: Agent,
): Promise<{ readonly status: number; readonly text: string }> {
  return await new Promise((resolve, reject) => {
    const length = Buffer.byteLength(body);
    const options = {
      method: 'POST',
      agent,
      timeout: TIMEOUT_MS,
      headers: { ...headers, 'Content-Length': length },
    };
    const sending = request(new URL(path, base), options, (answer) => {
      text(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject);
    });
    sending.once('timeout', () => sending.destroy(new Error(`no answer for ${TIMEOUT_MS} ms`)));
    sending.once('error', reject);
    sending.end(body);
  });
}
