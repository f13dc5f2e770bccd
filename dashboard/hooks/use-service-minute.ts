import { useEffect, useState } from 'preact/hooks';
import { useService } from '../api/service.ts';
import { MINUTE_MS } from '../text/zoned.ts';

/**
 * The end of the minute that it is at the service, in milliseconds: where what is shown "up to now" ends. Looked at each
 * second instead of computed ahead, because a machine that slept would wake up in a minute gone by.
 */
export function useServiceMinute(): number {
  const { api } = useService();
  const [minuteMs, setMinuteMs] = useState(() => endOfMinute(api.nowMs()));
  useEffect(() => {
    const timer = setInterval(() => setMinuteMs(endOfMinute(api.nowMs())), 1_000);
    return () => clearInterval(timer);
  }, [api]);
  return minuteMs;
}

function endOfMinute(ms: number): number {
  return (Math.floor(ms / MINUTE_MS) + 1) * MINUTE_MS;
}
