import { render } from 'preact';
import { createApi } from './api/api.ts';
import { App } from './app.tsx';
import { createAnnouncer } from './announcer.ts';
import { createNavigation } from './state/navigation.ts';
import { ServiceContext } from './api/service.ts';
import { createSession } from './api/session.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/components.css';
import './styles/records.css';

const session = createSession(() => window.sessionStorage);
const service = {
  session,
  api: createApi({
    fetch: async (path, init) => window.fetch(path, init),
    key: () => session.credentials.get().key,
    onUnauthorized: (key) => session.refused(key),
    nowMs: Date.now,
  }),
  navigation: createNavigation(window),
  announce: createAnnouncer(document),
};

const root = document.getElementById('app');
if (root === null) throw new Error('expected an element with the id app');
render(
  <ServiceContext.Provider value={service}>
    <App />
  </ServiceContext.Provider>,
  root,
);
