import { useService } from '../api/service.ts';
import { useZone } from '../hooks/use-zone.ts';
import { LOCAL_ZONE, withZone } from '../state/zone.ts';
import { Segments } from './filters/segments.tsx';

const CHOICES = [
  { id: 'local', label: 'Local' },
  { id: 'utc', label: 'UTC' },
] as const;

/** Whose clocks and days the page shows; nothing to choose where the reader's are UTC. */
export function ZoneSwitch() {
  const { navigation } = useService();
  const zone = useZone();
  if (LOCAL_ZONE === 'UTC' && zone === 'UTC') return null;
  const choose = (id: 'local' | 'utc') => {
    const here = `/${navigation.search.get()}`;
    navigation.navigate(withZone(here, id === 'utc' ? 'UTC' : LOCAL_ZONE), { replace: true });
  };
  const chosen = zone === 'UTC' ? 'utc' : zone === LOCAL_ZONE ? 'local' : undefined;
  return <Segments label="Time zone" choices={CHOICES} chosen={chosen} onChoose={choose} />;
}

/** In words, where the choice is not seen. */
export function ZoneWords() {
  const zone = useZone();
  return <p>All times are {zone === 'UTC' ? 'UTC' : `of ${zone.replaceAll('_', ' ')}`}.</p>;
}
