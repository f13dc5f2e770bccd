import { AppError } from '../../common/errors.ts';

/** What requests come by, one after the other. */
export interface Connection {
  readonly destroyed: boolean;
  once(event: 'close', listener: () => void): unknown;
}

const signals = new WeakMap<Connection, AbortSignal>();

/**
 * Is aborted, with an AppError `cancelled`, when nobody waits for the answers of a connection any more. It belongs to the
 * connection and not to a request: their askers go together, those included whose answers wait behind others, and a
 * request costs nothing.
 */
export function goneSignal(connection: Connection): AbortSignal {
  const known = signals.get(connection);
  if (known !== undefined) return known;
  const gone = new AbortController();
  const abort = () => gone.abort(new AppError('cancelled', 'The connection was closed before the answer'));
  if (connection.destroyed) abort();
  else connection.once('close', abort);
  signals.set(connection, gone.signal);
  return gone.signal;
}
