import { useLayoutEffect, useState } from 'preact/hooks';
import type { Store } from '../state/store.ts';

/** The value of a store, now and after each change. */
export function useStore<T>(store: Pick<Store<T>, 'get' | 'subscribe'>): T {
  const [value, setValue] = useState(() => store.get());
  useLayoutEffect(() => {
    const update = () => setValue(() => store.get());
    // It may have changed between the first rendering and now.
    update();
    return store.subscribe(update);
  }, [store]);
  return value;
}
