import { processClock } from '../common/clock.ts';
import { Journal, type JournalDependencies } from '../journal/journal.ts';
import { EVENTS } from '../journal/segment.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { Bisector, type BisectorDependencies } from './bisector.ts';
import type { Insert } from './insert-rows.ts';
import { Shipper, type ShipperDependencies } from './shipper.ts';

export interface PipelineDependencies
  extends
    Pick<JournalDependencies, 'directory' | 'limits' | 'backlog' | 'nowMs'>,
    Pick<ShipperDependencies, 'insert' | 'settle' | 'onStoring' | 'random' | 'log' | 'hit'>,
    Pick<BisectorDependencies, 'keep'> {
  readonly metrics: Metrics;
  /** Called each time that ClickHouse has more events. */
  readonly onStored: () => void;
}

/** The way of the rows of one table: durable in its journal, then sent to ClickHouse, at least once. */
export interface Pipeline {
  readonly journal: Journal;
  readonly shipper: Shipper;
  readonly bisector: Bisector;
}

export function openPipeline(table: string, dependencies: PipelineDependencies): Pipeline {
  const { limits, metrics, onStored } = dependencies;
  const isEvents = table === EVENTS;
  const common = {
    ...dependencies,
    table,
    insert: async (insert: Insert) => {
      await dependencies.insert(insert);
      if (isEvents) onStored();
    },
    onFailure: (kind: string) => metrics.journal.shipFailures.inc({ class: kind }),
  };
  const bisector = new Bisector({ ...common, onUntyped: (rows) => metrics.events.untyped(rows) });
  const shipper: Shipper = new Shipper({
    ...common,
    journal: () => journal,
    intervalMs: limits.batchMaxWaitMs,
    clock: processClock,
    onRefused: (parcels) => bisector.add(parcels),
    onStoring: isEvents ? dependencies.onStoring : () => undefined,
    onStored: (seconds) => metrics.journal.shipSeconds.observe(seconds),
  });
  const journal = new Journal({
    ...common,
    onSealed: (segment) => shipper.ship(segment),
    onCommit: (rows, seconds) => {
      if (isEvents) metrics.events.accepted(rows);
      metrics.journal.commitSeconds.observe(seconds);
      shipper.wake();
    },
  });
  return { journal, shipper, bisector };
}
