import { migrate } from '../../migrations/migrator.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ClickHouseEndpoint } from './endpoint.ts';
import { backoffMs, pause, type Backoff } from './retry.ts';

export interface SchemaDependencies {
  readonly endpoint: ClickHouseEndpoint;
  readonly database: string;
  readonly log: Logger;
  readonly random: () => number;
}

/** Brings the tables up to this code's version, for as long as it takes ClickHouse to be there. */
export interface Schema {
  /** `ready`, or why not yet, for people. */
  state(): string;
  /** The first try, whatever came of it. */
  readonly tried: Promise<void>;
  /** Ends the tries and waits for the one under way. */
  close(): Promise<void>;
}

const BACKOFF: Backoff = { firstMs: 250, maxMs: 15_000 };

/** Starts to migrate in the background; events wait in the journal meanwhile. */
export function keepMigrating({ endpoint, database, log, random }: SchemaDependencies): Schema {
  const stop = new AbortController();
  let state = 'not migrated yet';
  const attempt = async (): Promise<boolean> => {
    try {
      await migrate({ endpoint, database, log });
      state = 'ready';
      return true;
    } catch (error) {
      state = `not migrated: ${messageOf(error)}`;
      log.warn(
        { reason: messageOf(error) },
        'the tables could not be migrated; trying again, events wait in the journal',
      );
      return false;
    }
  };
  const tried = attempt();
  const untilReady = async () => {
    let isReady = await tried;
    for (let failures = 1; !isReady && !stop.signal.aborted; failures += 1) {
      await pause(backoffMs(failures, BACKOFF, random), stop.signal);
      if (!stop.signal.aborted) isReady = await attempt();
    }
  };
  const done = untilReady();
  return {
    state: () => state,
    tried: tried.then(() => undefined),
    close: async () => {
      stop.abort();
      await done;
    },
  };
}
