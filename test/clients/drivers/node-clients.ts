import { setTimeout as sleep } from 'node:timers/promises';
import { Analytics as Segment } from '@segment/analytics-node';
import Rudder from '@rudderstack/rudder-sdk-node';
import { CloudEvent, HTTP } from 'cloudevents';
import { PostHog } from 'posthog-node';
import { untilQuiet } from './quiet.ts';
import type { Client, Destination, Driver, Sent } from './sent.ts';

const FLUSH_MS = 100;
const END_MS = 600_000;
const QUIET_MS = 60_000;
/** Instead of three, which are over within seconds. */
const TRIES = 20;

/** A client that runs in this process, and gives its events no sessions or times of its own. */
function inProcess(send: (to: Destination, events: readonly Sent[]) => Promise<void>): () => Promise<Client> {
  return async () => ({
    send: async (to, events) => {
      await send(to, events);
      return events;
    },
  });
}

const segment: Driver = {
  name: '@segment/analytics-node',
  neverMeets: [],
  isPatient: true,
  category: 'track',
  answers: [200, 429],
  start: inProcess(async ({ url, key: writeKey }, events) => {
    const client = new Segment({ writeKey, host: url, flushInterval: FLUSH_MS });
    client.on('error', () => undefined);
    for (const { name, user, session, timestamp, payload } of events) {
      const context = { sessionId: session };
      client.track({ event: name, userId: user, timestamp, properties: { ...payload }, context });
      await pauseNowAndThen();
    }
    await client.closeAndFlush({ timeout: END_MS });
  }),
};

const rudder: Driver = {
  name: '@rudderstack/rudder-sdk-node',
  neverMeets: [],
  isPatient: true,
  category: 'track',
  answers: [200, 429],
  start: inProcess(async (to, events) => {
    const { url, key } = to;
    const options = { flushInterval: FLUSH_MS, retryCount: TRIES, errorHandler: () => undefined };
    const client = new Rudder(key, { dataPlaneUrl: url, ...options });
    for (const { name, user, session, timestamp, payload } of events) {
      const context = { sessionId: session };
      client.track({ event: name, userId: user, timestamp, properties: { ...payload }, context });
      await pauseNowAndThen();
    }
    await client.flush();
    // It does not wait for a flush that runs already.
    await untilQuiet(events, to, QUIET_MS);
  }),
};

const posthog: Driver = {
  name: 'posthog-node',
  neverMeets: [429],
  isPatient: true,
  category: 'capture',
  answers: [200, 503],
  start: inProcess(async ({ url, key }, events) => {
    const retrying = { fetchRetryDelay: 1_000, fetchRetryCount: TRIES };
    const options = { flushInterval: FLUSH_MS, maxQueueSize: events.length, ...retrying };
    const client = new PostHog(key, { host: url, ...options });
    client.on('error', () => undefined);
    for (const { name, user, session, timestamp, payload } of events) {
      client.capture({ event: name, distinctId: user, timestamp, properties: { ...payload, $session_id: session } });
      await pauseNowAndThen();
    }
    await client.shutdown(END_MS).catch(() => undefined);
  }),
};

const MODES = [HTTP.structured, HTTP.binary] as const;

const cloudevents: Driver = {
  name: 'cloudevents',
  neverMeets: [],
  isPatient: true,
  category: '/clients',
  // A bad event is a request of its own.
  answers: [202, 400, 503],
  start: async () => ({
    send: async (to, events) => {
      let index = 0;
      const next = async (): Promise<void> => {
        const event = events[index];
        if (event === undefined) return;
        await sendCloudEvent(to, event, MODES[(index += 1) % 2] ?? HTTP.binary);
        await next();
      };
      await Promise.all(Array.from({ length: 8 }, next));
      // There is no attribute for it but the subject.
      return events.map((event) => ({ ...event, session: event.user }));
    },
  }),
};

/** The package leaves the sending to its user, and this one never gives up. */
async function sendCloudEvent({ url, key }: Destination, sent: Sent, encode: typeof HTTP.binary): Promise<void> {
  const { marker, name, user, timestamp, payload } = sent;
  const event = new CloudEvent({
    id: `id ${marker}`,
    source: '/clients',
    type: name,
    subject: user,
    time: timestamp.toISOString(),
    data: payload,
  });
  const { headers, body } = encode(event);
  const sentHeaders = { ...(headers as Record<string, string>), Authorization: `Bearer ${key}` };
  for (;;) {
    const answer = await fetch(`${url}/events`, {
      method: 'POST',
      headers: ascii(sentHeaders),
      body: String(body),
    }).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    if (answer?.status === 202 || answer?.status === 400) return;
    await sleep(200);
  }
}

/** The binary mode has its attributes in headers, percent-encoded. */
function ascii(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, name.startsWith('ce-') ? encodeURI(value) : value]),
  );
}

let sentSoFar = 0;

async function pauseNowAndThen(): Promise<void> {
  sentSoFar += 1;
  if (sentSoFar % 50 === 0) await sleep(100);
}

export const NODE_CLIENTS: readonly Driver[] = [segment, rudder, posthog, cloudevents];
