import { useEffect, useState } from 'preact/hooks';
import { hourOf } from '../text/hours.ts';
import { useService } from '../api/service.ts';

/**
 * The start of the hour that it is at the service, in milliseconds. Looked at each second instead of computed ahead,
 * because a machine that slept would wake up in an hour gone by.
 */
export function useServiceHour(): number {
  const { api } = useService();
  const [hourMs, setHourMs] = useState(() => hourOf(api.nowMs()));
  useEffect(() => {
    const timer = setInterval(() => setHourMs(hourOf(api.nowMs())), 1_000);
    return () => clearInterval(timer);
  }, [api]);
  return hourMs;
}
