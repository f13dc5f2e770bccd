import { posthog } from 'posthog-js';
import './page-client.ts';

const { url, key } = destination;
posthog.init(key, {
  api_host: url,
  advanced_disable_flags: true,
  disable_session_recording: true,
  // The browser of the tests says that it is one.
  opt_out_useragent_filter: true,
});

globalThis.pageClient = {
  ready: Promise.resolve(),
  identify: (user) => posthog.identify(user),
  track: async ({ name, payload }) => {
    const captured = posthog.capture(name, payload);
    if (captured === undefined) throw new Error(`${name} was not captured`);
    const { properties, timestamp } = captured;
    return { session: String(properties['$session_id']), timestamp: new Date(timestamp ?? NaN).toISOString() };
  },
};
