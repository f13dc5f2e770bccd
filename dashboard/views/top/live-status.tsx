import { useEffect } from 'preact/hooks';
import { Time } from '../../components/time.tsx';
import { useService } from '../../api/service.ts';
import type { StreamState, TopList } from '../../api/stream.ts';

export interface LiveStatusProps {
  readonly status: StreamState;
  readonly list: TopList | undefined;
  readonly isHeld: boolean;
  readonly onHold: (hold: boolean) => void;
}

/** Whether the list is of now, when it is from, and the way to pause it. */
export function LiveStatus({ status: { state }, list, isHeld, onHold }: LiveStatusProps) {
  const { announce } = useService();
  const isLive = state === 'live' && !isHeld;
  useEffect(() => {
    // Only this is read out: the list itself would be, every second.
    if (isLive) announce('The list is live.');
  }, [isLive, announce]);
  if (list === undefined || state === 'ended') return null;
  const hold = () => {
    onHold(!isHeld);
    if (!isHeld) announce('The list is paused.');
  };
  return (
    <div class="top-status">
      <span class={isLive ? 'live' : 'live not-live'}>
        <span>
          {wordOf(state, isHeld)} <Time iso={list.generated_at} precision="time" />
        </span>
      </span>
      <button type="button" class="button button-small" onClick={hold}>
        {isHeld ? 'Resume' : 'Pause'}
      </button>
    </div>
  );
}

function wordOf(state: StreamState['state'], isHeld: boolean): string {
  if (isHeld) return 'Paused at';
  if (state === 'live') return 'Live, updated';
  return state === 'connecting' ? 'Connecting, last updated' : 'Last updated';
}
