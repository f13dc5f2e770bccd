import type { View } from './state/view.ts';
import { browse } from './views/browse/browse.tsx';
import { explore } from './views/explore/explore.tsx';
import { funnel } from './views/funnel/funnel.tsx';
import { health } from './views/health/health.tsx';
import { overview } from './views/overview/overview.tsx';
import { rejected } from './views/rejected/rejected.tsx';
import { retention } from './views/retention/retention.tsx';
import { top } from './views/top/top.tsx';
import { users } from './views/users/users.tsx';

/** Every view, in the order of the navigation. The page opens with the first. */
export const VIEWS: readonly [View, ...View[]] = [
  overview,
  explore,
  funnel,
  retention,
  top,
  users,
  browse,
  rejected,
  health,
];
