import { MEMBERS } from '../../choice/members.ts';
import { EmptyPanel } from '../../components/state-panels.tsx';
import { WaysFurther, type Way } from '../../components/ways-further.tsx';
import { ANY_TIME } from '../../state/time-filter.ts';
import { browseLink, filtered, isFiltered, NO_FILTERS, type BrowseState } from './browse-state.ts';
import { FilterWords } from './filter-words.tsx';

/** Instead of events: which filters found none, and the ways to look further. */
export function NoEvents({ state }: { readonly state: BrowseState }) {
  if (state.cursor !== '') return <NothingFurther state={state} />;
  if (!isFiltered(state)) return <NothingYet />;
  return (
    <EmptyPanel title="No event passes these filters">
      <p>
        There is none with <FilterWords state={state} />. Look further:
      </p>
      <WaysFurther ways={waysFurther(state)} />
      <p>Filters look for the whole text, with the same capitals.</p>
    </EmptyPanel>
  );
}

/** One filter less, each; and none at all, where there is more than one. */
function waysFurther(state: BrowseState): Way[] {
  const ways = MEMBERS.filter(({ value }) => state[value] !== '').map(({ value, label }) => ({
    label: `Any ${label.toLowerCase()}`,
    href: browseLink(filtered(state, { [value]: '' })),
  }));
  if (state.where.length > 0) ways.push({ label: 'Any data', href: browseLink(filtered(state, { where: [] })) });
  if (state.range !== '' || state.from !== '' || state.to !== '') {
    ways.push({ label: 'Any time', href: browseLink(filtered(state, ANY_TIME)) });
  }
  return ways.length < 2 ? ways : [...ways, { label: 'No filters', href: browseLink(NO_FILTERS) }];
}

function NothingYet() {
  return (
    <EmptyPanel title="No events yet">
      <p>
        Applications send them with <code>POST /events</code>; they are here within two seconds. The{' '}
        <a href="/docs">API documentation</a> has the details.
      </p>
    </EmptyPanel>
  );
}

function NothingFurther({ state }: { readonly state: BrowseState }) {
  return (
    <EmptyPanel title="No more events">
      <p>
        The page before was the last. <a href={browseLink(filtered(state, {}))}>First page</a>
      </p>
    </EmptyPanel>
  );
}
