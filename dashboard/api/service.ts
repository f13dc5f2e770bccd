import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Api } from './api.ts';
import type { Navigation } from '../state/navigation.ts';
import type { Session } from './session.ts';

/** What every part of the page may use. */
export interface Service {
  readonly api: Api;
  readonly session: Session;
  readonly navigation: Navigation;
  /** Tells readers who cannot see it what has just changed, in a sentence. */
  readonly announce: (text: string) => void;
}

export const ServiceContext = createContext<Service | undefined>(undefined);

export function useService(): Service {
  const service = useContext(ServiceContext);
  if (service === undefined) throw new Error('expected a ServiceContext around every component');
  return service;
}
