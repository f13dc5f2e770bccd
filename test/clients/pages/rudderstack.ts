import { RudderAnalytics } from '@rudderstack/analytics-js/bundled';
import './page-client.ts';

const { url, key } = destination;
const rudder = new RudderAnalytics();
rudder.load(key, url, { configUrl: url });

globalThis.pageClient = {
  ready: new Promise<void>((resolve) => rudder.ready(resolve)),
  identify: (user) => rudder.identify(user),
  track: async ({ name, payload, timestamp }) => {
    rudder.track(name, payload, { originalTimestamp: timestamp });
    return { session: String(rudder.getSessionId()), timestamp };
  },
};
