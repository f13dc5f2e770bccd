import { readRange, type RangeState, type ReadRange } from '../state/range.ts';
import { useServiceMinute } from './use-service-minute.ts';
import { useZone } from './use-zone.ts';

/** The range of a link as it is now. @param usual the preset of the view */
export function useRange(
  state: RangeState,
  usual?: string,
): ReadRange & { readonly zone: string; readonly nowMs: number } {
  const nowMs = useServiceMinute();
  const zone = useZone();
  return { ...readRange(state, nowMs, zone, usual), zone, nowMs };
}
