import type { View } from './view.ts';
import { overview } from './views/overview/overview.tsx';
import { top } from './views/top/top.tsx';

/** Every view, in the order of the navigation. The page opens with the first. */
export const VIEWS: readonly [View, ...View[]] = [overview, top];
