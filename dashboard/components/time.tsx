import { formatLocal, formatUtc, type TimePrecision } from '../text/format.ts';

export interface TimeProps {
  /** ISO 8601 in UTC. */
  readonly iso: string;
  readonly precision?: TimePrecision;
  /** `implied` where UTC is said beside it, as in the header of a column. */
  readonly zone?: 'shown' | 'implied';
}

/** A time in UTC, with the reader's own as its title. */
export function Time({ iso, precision = 'second', zone = 'shown' }: TimeProps) {
  return (
    <time dateTime={iso} title={formatLocal(iso)}>
      {formatUtc(iso, precision)}
      {precision === 'day' || zone === 'implied' ? '' : ' UTC'}
    </time>
  );
}
