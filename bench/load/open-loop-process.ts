import { connect } from '../../server/clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../../server/clickhouse/endpoint.ts';
import { Outcomes } from './outcomes.ts';
import { runPhase, type Phase } from './open-loop.ts';

/** What the parent of this process may ask for; each is answered by one message. */
export type Order =
  | { readonly kind: 'phase'; readonly phase: Phase }
  | { readonly kind: 'check'; readonly endpoint: ClickHouseEndpoint; readonly database: string };

// The load generator of bench/overload.ts, in a process of its own: it must not share an event loop with whoever measures.
const outcomes = new Outcomes(Number(process.argv[2]));

process.on('message', (order: Order) => {
  void carryOut(order).then((result) => process.send?.(result));
});

async function carryOut(order: Order): Promise<unknown> {
  if (order.kind === 'phase') return runPhase(order.phase, outcomes);
  const client = connect({ ...order, role: 'admin', requestTimeoutMs: 120_000 });
  try {
    return await outcomes.check(client);
  } finally {
    await client.close();
  }
}
