import { createHash } from 'node:crypto';
import { jsonOf } from '../common/json.ts';
import { isObject } from '../events/json/json-text.ts';
import { toRejectedRow } from '../events/row.ts';
import type { Journal } from '../journal/journal.ts';
import type { Quarantine } from '../journal/quarantine.ts';
import { REJECTED, type Segment } from '../journal/segment.ts';

export interface KeepDependencies {
  readonly rejected: Pick<Journal, 'keep'>;
  readonly quarantine: Pick<Quarantine, 'save'>;
}

const MAX_WORDS = 2000;

/**
 * Keeps a row that was acknowledged and that ClickHouse refuses: an event becomes a rejected one, whole, because it may
 * be the only copy that there is. What ClickHouse refuses of the rejected ones is kept as a file.
 *
 * Done again, as after a crash, it is the same rejection: its time is that of the row, and its id is made of the row.
 * @param text of the row, as it was written
 */
export async function keepRefusedRow(
  { rejected, quarantine }: KeepDependencies,
  segment: Segment,
  text: string,
  words: string,
): Promise<void> {
  const eventId = createHash('sha256').update(text).digest('hex').slice(0, 32);
  if (segment.table === REJECTED) {
    await quarantine.save(`${segment.name}.${eventId}.refused`, Buffer.from(`${text}\n`));
    return;
  }
  const rejection = {
    reason: 'refused_by_clickhouse',
    application: applicationOf(text),
    payload: text,
    errors: [{ path: '', message: words.slice(0, MAX_WORDS) }],
  } as const;
  const receivedAt = /"received_at":(\d{1,16})[,}]/.exec(text)?.[1];
  const receivedAtUs = receivedAt === undefined ? Math.floor(segment.openedMs * 1000) : Number(receivedAt);
  const row = toRejectedRow(rejection, { receivedAtUs, eventId });
  // Without asking for room, or a journal that is full of such rows would never be less full.
  await rejected.keep({ text: row, count: 1, historic: 0 });
}

function applicationOf(row: string): string {
  const event = jsonOf(row);
  return isObject(event) && typeof event['application'] === 'string' ? event['application'] : '';
}
