import type { World } from './world.ts';

/** One way in which things go wrong. */
export interface Scenario {
  /** In kebab-case, as on the command line. */
  readonly name: string;
  /** What is done to the service, in one sentence for the page of results. */
  readonly what: string;
  /** How often a soak picks it; 1 is as often as most. */
  readonly weight?: number;
  /** Why it cannot be run on this machine; undefined when it can. Omitted: anywhere. */
  readonly whyNot?: () => Promise<string | undefined>;
  /** ClickHouse and the journals are on a disk of their own, whose power can be cut: `world.cutPower()`. */
  readonly isOnOwnDisk?: boolean;
  /** Does harm while events are sent. What it leaves broken is healed after. @throws when the service did wrong */
  readonly run: (world: World) => Promise<void>;
}
