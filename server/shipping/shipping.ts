import type { Backlog } from '../journal/backlog.ts';
import type { Journal } from '../journal/journal.ts';
import type { Quarantine } from '../journal/quarantine.ts';
import { EVENTS, REJECTED, type Segment } from '../journal/segment.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { Bisector } from './bisector.ts';
import type { Insert } from './insert-rows.ts';
import type { Lane } from './lanes.ts';
import { keepRefusedRow } from './refused-row.ts';
import { Settlement } from './settlement.ts';
import { Shipper, type ShipperDependencies } from './shipper.ts';

export interface ShippingDependencies extends Pick<
  ShipperDependencies,
  'insert' | 'intervalMs' | 'clock' | 'random' | 'log' | 'hit'
> {
  /** Of a table; asked for when it is needed. */
  readonly journalOf: (table: string) => Journal;
  readonly backlog: Backlog;
  readonly quarantine: Quarantine;
  readonly metrics: Metrics;
  /** Called as the newest events are sent, with what settles when ClickHouse has them, or does not; it never rejects. */
  readonly onStoring: (sent: Promise<void>) => void;
  /** Called each time that ClickHouse has more events. */
  readonly onStored: () => void;
}

/** The pipeline of rows from the journal to ClickHouse: at least once, and each table by itself. */
export interface Shipping {
  /** To be called when rows wait in the journal of a table. */
  wake(table: string): void;
  ship(segment: Segment): void;
  /** Whether ClickHouse took no events at the last try. */
  readonly isUnavailable: boolean;
  health(): ShippingHealth;
  /** To be called before the journal of the rejected events closes, which a refused row needs. */
  stopBisecting(): Promise<void>;
  /** Ships what is held while ClickHouse answers, for `deadlineMs` at most; the rest stays on disk. */
  close(deadlineMs: number): Promise<void>;
}

export interface ShippingHealth {
  /** What each lane of the events does. */
  readonly lanes: Readonly<Record<Lane, string>>;
  readonly shipperError: string | undefined;
  /** Segments that ClickHouse does not take as they are and that are being bisected. */
  readonly refusedSegments: number;
}

export function createShipping(dependencies: ShippingDependencies): Shipping {
  const settle = new Settlement(dependencies);
  const events = createPipeline(EVENTS, settle, dependencies);
  const rejected = createPipeline(REJECTED, settle, dependencies);
  const all = [events, rejected];
  const pipelineFor = (table: string) => (table === EVENTS ? events : rejected);
  return {
    wake: (table) => pipelineFor(table).shipper.wake(),
    ship: (segment) => pipelineFor(segment.table).shipper.ship(segment),
    get isUnavailable() {
      return events.shipper.isUnavailable;
    },
    health: () => ({
      lanes: events.shipper.state,
      shipperError: all
        .map(({ shipper, bisector }) => shipper.lastError ?? bisector.lastError)
        .find((error) => error !== undefined)?.message,
      refusedSegments: all.reduce((sum, { bisector }) => sum + bisector.segments, 0),
    }),
    stopBisecting: async () => void (await Promise.all(all.map(async ({ bisector }) => bisector.close()))),
    close: async (deadlineMs) => void (await Promise.all(all.map(async ({ shipper }) => shipper.close(deadlineMs)))),
  };
}

function createPipeline(table: string, settle: Settlement, dependencies: ShippingDependencies) {
  const { journalOf, quarantine, metrics, onStoring, onStored } = dependencies;
  const onFailure = (kind: string) => metrics.journal.shipFailures.inc({ class: kind });
  const insert = async (insert: Insert) => {
    await dependencies.insert(insert);
    if (table === EVENTS) onStored();
  };
  const bisector = new Bisector({
    ...dependencies,
    table,
    insert,
    settle,
    onFailure,
    onUntyped: (rows) => metrics.events.untyped(rows),
    keep: async (...refused) => keepRefusedRow({ rejected: journalOf(REJECTED), quarantine }, ...refused),
  });
  const shipper = new Shipper({
    ...dependencies,
    table,
    insert,
    settle,
    journal: () => journalOf(table),
    onFailure,
    onRefused: (parcels) => bisector.add(parcels),
    onStoring: table === EVENTS ? onStoring : () => undefined,
    onStored: (seconds) => metrics.journal.shipSeconds.observe(seconds),
  });
  return { shipper, bisector };
}
