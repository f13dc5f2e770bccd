import { EmptyPanel } from '../../components/state-panels.tsx';
import { WaysFurther } from '../../components/ways-further.tsx';
import { ANY_TIME } from '../../state/time-filter.ts';
import { filtered, isFiltered, NO_FILTERS, rejectedLink, type RejectedState } from './rejected-state.ts';

/** Instead of rejections: that there are none, or how to look further. */
export function NoRejections({ state }: { readonly state: RejectedState }) {
  if (!isFiltered(state)) {
    return (
      <EmptyPanel title="Nothing was rejected">
        <p>
          Every event of the last 30 days was accepted. One that is not will be here, with its text and what is wrong
          with it.
        </p>
      </EmptyPanel>
    );
  }
  const without = (change: Partial<RejectedState>) => rejectedLink(filtered(state, change));
  const ways = [
    state.reason !== '' && { label: 'All reasons', href: without({ reason: '' }) },
    state.application !== '' && { label: 'Any application', href: without({ application: '' }) },
    [state.range, state.from, state.to].some((value) => value !== '') && {
      label: 'Any time',
      href: without(ANY_TIME),
    },
    { label: 'No filters', href: rejectedLink(NO_FILTERS) },
  ];
  return (
    <EmptyPanel title="Nothing that was rejected passes these filters">
      <p>Look further:</p>
      <WaysFurther ways={ways.filter((way) => way !== false)} />
    </EmptyPanel>
  );
}
