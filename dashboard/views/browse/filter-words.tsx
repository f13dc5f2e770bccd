import type { ComponentChildren } from 'preact';
import { MEMBERS } from '../../choice/members.ts';
import { StoredText } from '../../components/stored-text.tsx';
import { useZone } from '../../hooks/use-zone.ts';
import { wordsOf } from '../../state/time-filter.ts';
import type { BrowseState } from './browse-state.ts';

/** The filters in the middle of a sentence: `of the session “s”, the category “c”, of the last hour`. */
export function FilterWords({ state }: { readonly state: BrowseState }) {
  const zone = useZone();
  const parts: ComponentChildren[] = MEMBERS.filter(({ value }) => state[value] !== '').map(({ value, label }) => (
    <span key={value} class="filter-word">
      {label.toLowerCase()} “<StoredText text={state[value].slice(0, 256)} />”
    </span>
  ));
  for (const condition of state.where) {
    parts.push(
      <span key={condition} class="filter-word">
        <StoredText text={condition.slice(0, 256)} />
      </span>,
    );
  }
  const time = wordsOf(state, zone);
  if (time !== '') parts.push(<span key="time">{time}</span>);
  return <>{parts.flatMap((part, index) => (index === 0 ? [part] : [', ', part]))}</>;
}
