import type { HourCounts } from '../../text/hours.ts';

/** What is counted each hour, in the order in which it is shown. */
export type SeriesId = Exclude<keyof HourCounts, 'hour'>;

export interface Series {
  readonly id: SeriesId;
  readonly label: string;
  /** A custom property of the style sheet, which knows about light and dark. */
  readonly colour: string;
  /** Lengths of dashes and gaps, in pixels: the lines can be told apart without their colours. */
  readonly dash: readonly number[];
}

export const SERIES: readonly Series[] = [
  { id: 'unique_users', label: 'Unique users', colour: '--series-users', dash: [] },
  { id: 'clicks', label: 'Clicks', colour: '--series-clicks', dash: [7, 4] },
  { id: 'impressions', label: 'Impressions', colour: '--series-impressions', dash: [2, 3] },
];
