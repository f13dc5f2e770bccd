import { formatTime } from '../text/format.ts';
import { isoOf } from '../text/instants.ts';
import { DAY_MS } from '../text/zoned.ts';

const HOUR_MS = 3_600_000;

/** A time filter as it is in a link; what is empty is not limited. */
export interface TimeFilter {
  /** The id of a preset. */
  readonly range: string;
  /**
   * As the service reads times, in UTC; included. With a preset, where it began when the reader turned the first page:
   * the pages of one question must stay those of one question.
   */
  readonly from: string;
  /** Excluded. */
  readonly to: string;
}

/** Ranges that end now. */
export const PRESETS = [
  { id: '1h', label: '1 hour', words: 'of the last hour', ms: HOUR_MS },
  { id: '24h', label: '24 hours', words: 'of the last 24 hours', ms: DAY_MS },
  { id: '7d', label: '7 days', words: 'of the last 7 days', ms: 7 * DAY_MS },
  { id: '31d', label: '31 days', words: 'of the last 31 days', ms: 31 * DAY_MS },
] as const;

export const ANY_TIME: TimeFilter = { range: '', from: '', to: '' };

/** With a preset's beginning put in. @param nowMs at the service, in milliseconds since the epoch */
export function pinned({ range, from, to }: TimeFilter, nowMs: number): TimeFilter {
  const preset = PRESETS.find(({ id }) => id === range);
  if (preset === undefined || from !== '') return { range: preset === undefined ? '' : range, from, to };
  return { range, from: isoOf((Math.floor(nowMs) - preset.ms) * 1000), to };
}

/** As the reader chose it. */
export function unpinned({ range, from, to }: TimeFilter): TimeFilter {
  return { range, from: range === '' ? from : '', to };
}

/** Where a page is: the first is of now, and those after it stay of when that was. @param nowMs as of `pinned` */
export function pageAt(filter: TimeFilter, cursor: string, nowMs: number): TimeFilter & { readonly cursor: string } {
  return { ...(cursor === '' ? unpinned(filter) : pinned(filter, nowMs)), cursor };
}

/** What is wrong with the link, when it names a preset that there is not. */
export function problemOf({ range }: TimeFilter): string | undefined {
  if (range === '' || PRESETS.some(({ id }) => id === range)) return undefined;
  const ids = PRESETS.map(({ id }) => id).join(', ');
  return `Received the range “${range.slice(0, 40)}”, expected ${ids}.`;
}

/** The filter in the middle of a sentence, such as `of the last hour`; empty when there is none. @param zone IANA name */
export function wordsOf({ range, from, to }: TimeFilter, zone: string): string {
  const preset = PRESETS.find(({ id }) => id === range);
  if (preset !== undefined) {
    return from === '' ? preset.words : `${preset.words} before ${shown(endOf(from, preset.ms), zone)}`;
  }
  if (from !== '' && to !== '') return `from ${shown(from, zone)} to before ${shown(to, zone)}`;
  if (from !== '') return `from ${shown(from, zone)} on`;
  return to === '' ? '' : `before ${shown(to, zone)}`;
}

function endOf(from: string, ms: number): string {
  const end = new Date(Date.parse(from) + ms);
  return Number.isNaN(end.getTime()) ? from : `${end.toISOString().slice(0, 19)}Z`;
}

/** What the service reads as a time may be written in other ways: those are shown as they are. */
function shown(text: string, zone: string): string {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text)) return text.slice(0, 64);
  const time = formatTime(text.replace(/\.0+Z$/, 'Z'), zone, 'exact').replace(/:00$/, '');
  return zone === 'UTC' ? `${time} UTC` : time;
}

/** Without the space around a time that was pasted. */
export function trimmed({ range, from, to }: TimeFilter): TimeFilter {
  return { range, from: from.trim(), to: to.trim() };
}
