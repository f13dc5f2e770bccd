import { setTimeout as sleep } from 'node:timers/promises';
import { Analytics as Segment } from '@segment/analytics-node';
import Rudder from '@rudderstack/rudder-sdk-node';
import { CloudEvent, HTTP } from 'cloudevents';
import { PostHog } from 'posthog-node';
import type { Driver, Sent } from './sent.ts';

const FLUSH_MS = 100;
const END_MS = 120_000;

const segment: Driver = {
  name: '@segment/analytics-node',
  neverMeets: [],
  isPatient: true,
  category: 'track',
  send: async (url, writeKey, events) => {
    const client = new Segment({ writeKey, host: url, flushInterval: FLUSH_MS });
    client.on('error', () => undefined);
    for (const { marker, name, user, session, timestamp } of events) {
      client.track({ event: name, userId: user, timestamp, properties: { marker }, context: { sessionId: session } });
      await pauseNowAndThen();
    }
    await client.closeAndFlush({ timeout: END_MS });
  },
};

const rudder: Driver = {
  name: '@rudderstack/rudder-sdk-node',
  neverMeets: [],
  // Three tries within two seconds.
  isPatient: false,
  category: 'track',
  send: async (url, writeKey, events) => {
    const client = new Rudder(writeKey, { dataPlaneUrl: url, flushInterval: FLUSH_MS, errorHandler: () => undefined });
    for (const { marker, name, user, session, timestamp } of events) {
      const context = { sessionId: session };
      client.track({ event: name, userId: user, timestamp, properties: { marker }, context });
      await pauseNowAndThen();
    }
    await client.flush();
    // A flush that runs already is not waited for.
    await sleep(5_000);
  },
};

const posthog: Driver = {
  name: 'posthog-node',
  neverMeets: [429],
  isPatient: false,
  category: 'capture',
  send: async (url, key, events) => {
    const client = new PostHog(key, { host: url, flushInterval: FLUSH_MS, fetchRetryDelay: 500 });
    client.on('error', () => undefined);
    for (const { marker, name, user, session, timestamp } of events) {
      client.capture({ event: name, distinctId: user, timestamp, properties: { marker, $session_id: session } });
      await pauseNowAndThen();
    }
    await client.shutdown(END_MS).catch(() => undefined);
  },
};

const MODES = [HTTP.structured, HTTP.binary] as const;

const cloudevents: Driver = {
  name: 'cloudevents',
  neverMeets: [],
  isPatient: true,
  category: '/clients',
  send: async (url, key, events) => {
    let index = 0;
    const next = async (): Promise<void> => {
      const event = events[index];
      if (event === undefined) return;
      await sendCloudEvent(url, key, event, MODES[(index += 1) % 2] ?? HTTP.binary);
      await next();
    };
    await Promise.all(Array.from({ length: 8 }, next));
  },
};

/** The package leaves the sending to its user, and this one never gives up. */
async function sendCloudEvent(url: string, key: string, sent: Sent, encode: typeof HTTP.binary): Promise<void> {
  const { marker, name, user, timestamp } = sent;
  const event = new CloudEvent({
    id: `id ${marker}`,
    source: '/clients',
    type: name,
    subject: user,
    time: timestamp.toISOString(),
    data: { marker },
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
    if (answer?.status === 202) return;
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
