import { createStore, type Store } from '../state/store.ts';

/** What this tab knows about its API key. */
export interface Credentials {
  readonly key: string | undefined;
  /** Why a key is asked for now, if it is: none came with a request, or one that the service does not know. */
  readonly asks: 'none' | 'missing' | 'refused';
}

/** Keeps the API key for this tab, and knows when one is needed. */
export interface Session {
  readonly credentials: Pick<Store<Credentials>, 'get' | 'subscribe'>;
  /** Keeps a key that the service has accepted. */
  keep(key: string): void;
  forget(): void;
  /** Notes that the service answered 401 to a request with this key, or with none. */
  refused(key: string | undefined): void;
}

/** The part of a browser's `Storage` that is needed here. */
export interface KeyStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

const ITEM = 'clickhour-api-key';

/** @param storage of the tab; a browser may forbid its use, and then the key lasts until the page is left */
export function createSession(storage: () => KeyStorage): Session {
  const credentials = createStore<Credentials>({
    key: attempt(() => storage().getItem(ITEM)) ?? undefined,
    asks: 'none',
  });
  const drop = (asks: Credentials['asks']) => {
    attempt(() => storage().removeItem(ITEM));
    credentials.set({ key: undefined, asks });
  };
  return {
    credentials,
    keep: (key) => {
      attempt(() => storage().setItem(ITEM, key));
      credentials.set({ key, asks: 'none' });
    },
    forget: () => drop('missing'),
    refused: (key) => {
      // The answer to a request from before the key was changed says nothing about the new one.
      if (key === credentials.get().key) drop(key === undefined ? 'missing' : 'refused');
    },
  };
}

function attempt<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
