import type { Counting } from '../counted/grown-hours.ts';
import { PERSONS } from '../sql/columns.ts';
import { countedKey, groupingOf, seriesParams, type SeriesKeyRow } from './grouping.ts';
import { askEvents, type RawEvents } from '../counted/deduplicated-events.ts';
import type { CountedKey, PlannedSeries } from './series.ts';

/** Counts by what only the events themselves know: who, in which session, with what payload. @throws what `queryRows` throws */
export async function readRawSeries(counting: Counting, question: PlannedSeries): Promise<CountedKey[]> {
  const { application, category, name, where, by, fromUs, toUs, measure } = question;
  const person = PERSONS[measure];
  const grouping = groupingOf(question);
  const events: RawEvents = {
    filters: { application, category, name, where, fromUs, toUs },
    paths: typeof by === 'object' ? [by] : [],
    columns: ({ textAt }) => ({
      event_key: by === undefined ? `''` : typeof by === 'string' ? `nullIf(toString(${by}), '')` : textAt(by),
      event_s: `toUnixTimestamp(timestamp)`,
      ...(person === undefined ? {} : { [person]: person }),
    }),
    group: ({ event_key: key = '', event_s: seconds = '' }, from) => grouping.rows({ key, seconds }, from),
  };
  const rows = await askEvents<SeriesKeyRow>(counting, events, (groups) => ({
    sql: grouping.select(groups),
    params: { ...groups.params, ...seriesParams(question) },
  }));
  return rows.map(countedKey);
}
