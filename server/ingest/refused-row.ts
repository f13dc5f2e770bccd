import type { Arrivals } from '../events/arrivals.ts';
import { toRejectedRow } from '../events/row.ts';
import type { Journal } from './journal.ts';
import type { Segment } from './segment.ts';
import type { SetAside } from './set-aside.ts';

export interface KeepDependencies {
  readonly rejected: Pick<Journal, 'append'>;
  readonly setAside: Pick<SetAside, 'save'>;
  readonly arrivals: Arrivals;
}

/**
 * Keeps a row that was acknowledged and that ClickHouse refuses: an event becomes a rejected one, whole, because it may
 * be the only copy that there is. What ClickHouse refuses of the rejected ones is set aside as a file.
 *
 * The id is made of the segment and the row, so that a row that a crash has kept twice can be recognised.
 */
export async function keepRefusedRow(
  { rejected, setAside, arrivals }: KeepDependencies,
  segment: Segment,
  row: number,
  text: string,
  words: string,
): Promise<void> {
  const eventId = `${segment.name}:${row}`;
  if (segment.table === 'rejected_events') {
    await setAside.save(`${segment.name}.${row}.refused`, Buffer.from(`${text}\n`));
    return;
  }
  const rejection = {
    reason: 'refused_by_clickhouse',
    application: applicationOf(text),
    payload: text,
    errors: [{ path: '', message: words }],
  } as const;
  await rejected.append(toRejectedRow(rejection, { ...arrivals.next(), eventId }), 1);
}

function applicationOf(row: string): string {
  try {
    const { application } = JSON.parse(row) as { readonly application?: unknown };
    return typeof application === 'string' ? application : '';
  } catch {
    return '';
  }
}
