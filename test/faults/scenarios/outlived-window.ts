import { eventually } from '../../support/outcome.ts';
import { PASS } from '../../support/proxy.ts';
import type { Scenario } from '../harness/scenario.ts';

/** Entries; an insert takes one for each partition that it touches. */
const WINDOW = 5;
const BATCHES_BETWEEN = 12;

export const outlivedWindow: Scenario = {
  name: 'outlived-deduplication-window',
  what: 'Between the first try of a batch, whose answer is lost, and its retry ClickHouse takes more batches of another server than it remembers',
  run: async (world) => {
    let isCut = false;
    const cutOff = await world.startServer({ data: 'cut-off' });
    const other = await world.startServer({ data: 'other', isDirect: true });
    for (const table of ['events', 'hourly', 'rejected_events']) {
      const statement = `ALTER TABLE ${table} MODIFY SETTING non_replicated_deduplication_window = ${WINDOW}`;
      await world.clickhouse.command(world.database, statement);
    }
    world.onInsert(() => {
      const fate = isCut ? ({ do: 'cut before' } as const) : ({ do: 'cut after' } as const);
      isCut = true;
      return fate;
    });
    await world.send(20, { url: () => cutOff.url });
    await eventually(async () => {
      const [row] = await world.clickhouse.rows<{ events: string }>(
        world.database,
        'SELECT count() AS events FROM events',
      );
      if (Number(row?.events) < 20) throw new Error('the first try has not been stored yet');
    }, 60_000);
    for (let batches = 0; batches < BATCHES_BETWEEN; batches += 1) {
      await world.send(3, { url: () => other.url });
      // Longer than a batch waits for company.
      await world.pause(80);
    }
    world.onInsert(() => PASS);
    await world.pause(1000);
  },
};
