import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Backlog } from './backlog.ts';
import { Divider, type DividerDependencies } from './divider.ts';
import type { Reach } from './fail-point.ts';
import { removeSegment } from './remove-segment.ts';
import type { Segment } from './segment.ts';
import { Shipper } from './shipper.ts';

export interface ShippingDependencies extends Pick<DividerDependencies, 'insert' | 'countStored' | 'keep'> {
  readonly backlog: Backlog;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly random: () => number;
  readonly reach: Reach;
}

/** The way of a sealed segment to ClickHouse: as a whole, or in parts when ClickHouse refuses it. */
export interface Shipping {
  ship(segment: Segment): void;
  health(): ShippingHealth;
  /** To be called before the journal of the rejected events closes, which a refused row needs. */
  stopDividing(): Promise<void>;
  /** Ships what is queued while ClickHouse answers, for `deadlineMs` at most; the rest stays on disk. */
  close(deadlineMs: number): Promise<void>;
}

export interface ShippingHealth {
  readonly shipper: string;
  readonly shipperError: string | undefined;
  /** Segments that ClickHouse refuses as a whole and that are being divided. */
  readonly refusedSegments: number;
}

export function createShipping(dependencies: ShippingDependencies): Shipping {
  const { backlog, metrics, log } = dependencies;
  const onFailure = (kind: string) => metrics.journal.shipFailures.inc({ class: kind });
  const divider = new Divider({
    ...dependencies,
    onFailure,
    onDivided: async (segment, kept) => {
      await removeSegment(segment, log);
      backlog.remove(segment);
      if (segment.table !== 'events') return;
      metrics.events.stored(segment.rows - kept);
      metrics.events.refused(kept);
    },
  });
  const shipper = new Shipper({
    ...dependencies,
    onFailure,
    onRefused: (segment) => divider.add(segment),
    onShipped: (segment, seconds) => {
      if (segment.table === 'events') metrics.events.stored(segment.rows);
      metrics.journal.shipSeconds.observe(seconds);
    },
  });
  return {
    // A segment with notes must never be sent as a whole again: parts of it may be stored under tokens of their own.
    ship: (segment) => (segment.notes.length > 0 ? divider.add(segment) : shipper.ship(segment)),
    health: () => ({
      shipper: shipper.state,
      shipperError: (shipper.lastError ?? divider.lastError)?.message,
      refusedSegments: divider.segments,
    }),
    stopDividing: async () => divider.close(),
    close: async (deadlineMs) => shipper.close(deadlineMs),
  };
}
