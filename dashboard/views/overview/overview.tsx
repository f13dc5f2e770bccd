import { useAnswer } from '../../hooks/use-answer.ts';
import { useServiceHour } from '../../hooks/use-service-hour.ts';
import type { HourCounts } from '../../text/hours.ts';
import type { View, ViewProps } from '../../state/view.ts';
import { History } from './history.tsx';
import { Now } from './now.tsx';
import './overview.css';

/** This hour, and the hours before it. */
export const overview: View = { id: 'overview', title: 'Overview', Content: Overview };

const LIVE = { everyMs: 1_000, timeoutMs: 5_000 };

function Overview({ query }: ViewProps) {
  const hourMs = useServiceHour();
  const now = useAnswer<HourCounts>(`/analytics?timestamp=${hourMs}`, LIVE);
  return (
    <>
      <Now answer={now} />
      <History query={query} hourMs={hourMs} latest={now.state === 'ready' ? now.value : undefined} />
    </>
  );
}
