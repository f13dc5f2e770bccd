import { formatLocal, formatUtc, type TimePrecision } from '../format.ts';

export interface TimeProps {
  /** ISO 8601 in UTC. */
  readonly iso: string;
  readonly precision?: TimePrecision;
}

/** A time in UTC, with the reader's own as its title. */
export function Time({ iso, precision = 'second' }: TimeProps) {
  return (
    <time dateTime={iso} title={formatLocal(iso)}>
      {formatUtc(iso, precision)}
      {precision === 'day' ? '' : ' UTC'}
    </time>
  );
}
