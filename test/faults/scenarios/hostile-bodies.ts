import { measureFreshness, type Books } from '../../../bench/measure/freshness-probe.ts';
import { HOSTILITIES } from '../../../bench/traffic/hostile-bodies.ts';
import { booksOf, expectFresh, FRESH_MS } from '../harness/bystanders.ts';
import type { Scenario } from '../harness/scenario.ts';
import type { World } from '../harness/world.ts';

const SECONDS = 8;
const MOST_ENGINE_BYTES = 1.5 * 2 ** 30;

/** Whatever somebody sends, nobody else waits for it. */
export const hostileBodies: readonly Scenario[] = HOSTILITIES.map((hostility) => ({
  name: `hostile-bodies-${hostility.name}`,
  what: `Beside other people's clicks: ${hostility.what}. A click is seen within ${FRESH_MS / 1000} s, and everything that was accepted is stored, or rejected`,
  weight: 0.3,
  run: async (world) => {
    const server = await world.startServer({ env: { BATCH_MAX_WAIT_MS: '500' }, isDirect: true });
    await world.ready(server);
    const hostile = new Set<string>();
    world.except({ mayBeRejected: (id) => hostile.has(id) });
    const { seenAfterMs, unseen, engineBytes } = await measureFreshness({
      url: server.url ?? '',
      enginePid: world.clickhouse.pid,
      hostility,
      seconds: SECONDS,
      books: hostileBooks(world, hostile),
      signal: new AbortController().signal,
    });
    expectFresh(seenAfterMs, unseen, FRESH_MS);
    if (engineBytes > MOST_ENGINE_BYTES)
      throw new Error(`ClickHouse has taken ${(engineBytes / 2 ** 20).toFixed(0)} MiB`);
  },
}));

/** Of the events that are not alone in their request, or not of today, ClickHouse may refuse some. */
function hostileBooks({ ledger }: World, hostile: Set<string>): Books {
  const books = booksOf(ledger);
  return {
    ...books,
    settle: (users, isTaken) => {
      if (users.length > 1) for (const user of users) hostile.add(user);
      books.settle(users, isTaken);
    },
  };
}
