import { AnalyticsBrowser } from '@segment/analytics-next';
import './page-client.ts';

const { url, key } = destination;
const analytics = AnalyticsBrowser.load({ writeKey: key, cdnURL: url });

globalThis.pageClient = {
  ready: analytics.ready(),
  identify: (user) => void analytics.identify(user),
  track: async ({ name, payload, timestamp }) => {
    // It resolves when the event was tried once.
    void analytics.track(name, payload, { timestamp });
    const user = await analytics.user();
    return { session: String(user.anonymousId()), timestamp };
  },
};
