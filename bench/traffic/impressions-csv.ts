import { show } from '../../server/common/errors.ts';
import type { AnalyticsEvent } from './traffic.ts';

const HEADER = 'timestamp,policy,campaign,item_id,position,click,uf0,uf1,uf2,uf3';
/** `2019-11-24 00:01:03.979311+00:00`, of which milliseconds are kept; the fraction may be missing. */
const UTC_TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00:00$/;

/**
 * The events of an ad-impressions file, in its order: each row is an impression, and with `click` 1 also a click.
 * The file has no quoted fields.
 * @throws Error naming the line, what came and what was expected
 */
export function parseImpressions(text: string): AnalyticsEvent[] {
  const [header, ...rows] = text.trimEnd().split(/\r?\n/);
  if (header !== HEADER) throw new Error(`line 1: received ${show(header)}, expected ${HEADER}`);
  return rows.flatMap((row, i) => rowEvents(row, i + 2));
}

function rowEvents(row: string, line: number): AnalyticsEvent[] {
  const fields = row.split(',');
  const [time = '', , , , , click, ...features] = fields;
  if (fields.length !== 10) throw new Error(`line ${line}: received ${fields.length} fields, expected 10`);
  if (click !== '0' && click !== '1') throw new Error(`line ${line}: received click ${show(click)}, expected 0 or 1`);
  const seen = { timestampMs: parseTime(time, line), user: features.join('-') };
  const impression: AnalyticsEvent = { ...seen, kind: 'impression' };
  return click === '1' ? [impression, { ...seen, kind: 'click' }] : [impression];
}

function parseTime(text: string, line: number): number {
  const [, day, time, fraction = ''] = UTC_TIME.exec(text) ?? [];
  // Date.parse takes many things for a date, so it only gets what has the right form.
  const iso = day === undefined ? '' : `${day}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
  const timestampMs = Date.parse(iso);
  if (!Number.isNaN(timestampMs)) return timestampMs;
  throw new Error(`line ${line}: received timestamp ${show(text)}, expected YYYY-MM-DD HH:MM:SS.ffffff+00:00`);
}
