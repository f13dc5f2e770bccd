import type { View } from './state/view.ts';
import { browse } from './views/browse/browse.tsx';
import { health } from './views/health/health.tsx';
import { overview } from './views/overview/overview.tsx';
import { rejected } from './views/rejected/rejected.tsx';
import { top } from './views/top/top.tsx';

/** Every view, in the order of the navigation. The page opens with the first. */
export const VIEWS: readonly [View, ...View[]] = [overview, top, browse, rejected, health];
