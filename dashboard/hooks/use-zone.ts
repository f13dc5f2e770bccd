import { useService } from '../api/service.ts';
import { zoneOf } from '../state/zone.ts';
import { useStore } from './use-store.ts';

/** The zone whose days and hours are shown, by its IANA name. */
export function useZone(): string {
  return zoneOf(useStore(useService().navigation.search));
}
