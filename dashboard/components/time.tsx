import { useZone } from '../hooks/use-zone.ts';
import { formatLocal, formatTime, type TimePrecision } from '../text/format.ts';

export interface TimeProps {
  /** ISO 8601 in UTC. */
  readonly iso: string;
  readonly precision?: TimePrecision;
  /** `implied` where it is said beside it, as in the header of a column. */
  readonly zone?: 'shown' | 'implied';
}

/** A time in the zone of the page, with the reader's own way of writing it as its title. */
export function Time({ iso, precision = 'second', zone: saying = 'shown' }: TimeProps) {
  const zone = useZone();
  const isSaid = saying === 'shown' && precision !== 'day' && zone === 'UTC';
  return (
    <time dateTime={iso} title={formatLocal(iso)}>
      {formatTime(iso, zone, precision)}
      {isSaid && ' UTC'}
    </time>
  );
}
