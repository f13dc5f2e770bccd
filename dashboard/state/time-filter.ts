import { HOUR_MS } from '../text/hours.ts';
import { isoOf } from '../text/instants.ts';

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
  { id: '24h', label: '24 hours', words: 'of the last 24 hours', ms: 24 * HOUR_MS },
  { id: '7d', label: '7 days', words: 'of the last 7 days', ms: 7 * 24 * HOUR_MS },
] as const;

export const ANY_TIME: TimeFilter = { range: '', from: '', to: '' };

/** With a preset's beginning put in. @param nowMs at the service, in milliseconds since the epoch */
export function pinned({ range, from, to }: TimeFilter, nowMs: number): TimeFilter {
  const preset = PRESETS.find(({ id }) => id === range);
  if (preset === undefined || from !== '') return { range: preset === undefined ? '' : range, from, to };
  return { range, from: isoOf((Math.floor(nowMs) - preset.ms) * 1000), to };
}

/** What is wrong with the link, when it names a preset that there is not. */
export function problemOf({ range }: TimeFilter): string | undefined {
  if (range === '' || PRESETS.some(({ id }) => id === range)) return undefined;
  const ids = PRESETS.map(({ id }) => id).join(', ');
  return `Received the range “${range.slice(0, 40)}”, expected ${ids}.`;
}

/** The filter in the middle of a sentence, such as `of the last hour`; empty when there is none. */
export function wordsOf({ range, from, to }: TimeFilter): string {
  const preset = PRESETS.find(({ id }) => id === range);
  if (preset !== undefined) return from === '' ? preset.words : `${preset.words} before ${endOf(from, preset.ms)}`;
  if (from !== '' && to !== '') return `from ${from} to before ${to}`;
  if (from !== '') return `from ${from} on`;
  return to === '' ? '' : `before ${to}`;
}

function endOf(from: string, ms: number): string {
  const end = new Date(Date.parse(from) + ms);
  return Number.isNaN(end.getTime()) ? from : `${end.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Without the space around a time that was pasted. */
export function trimmed({ range, from, to }: TimeFilter): TimeFilter {
  return { range, from: from.trim(), to: to.trim() };
}
