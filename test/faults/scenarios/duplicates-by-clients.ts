import { HOUR_MS } from '../../../server/events/hours.ts';
import { everyAnswer, rightAnswers } from '../../support/http/every-answer.ts';
import { eventually } from '../../support/http/outcome.ts';
import { resend, resentEvents, type Resending } from '../../support/events/resent-events.ts';
import type { FaultServer } from '../harness/fault-server.ts';
import type { Scenario } from '../harness/scenario.ts';
import type { World } from '../harness/world.ts';

export const duplicatesByClients: Scenario = {
  name: 'duplicates-by-clients',
  what: 'Clients send each of 700 events one to four times, in one body and across bodies, by two servers of which one is killed in between, and once more a server dies before it knows what is stored: every answer counts it once',
  run: async (world) => {
    const { random } = world;
    world.except({ isForeign: (user) => user.startsWith('user ') });
    const fromMs = Date.now() - (Date.now() % HOUR_MS) - 5 * HOUR_MS;
    const { events, waves } = resentEvents(random, fromMs);
    const [first = [], second = []] = waves;
    const killed = await world.startServer({ data: 'first' });
    const other = await world.startServer({ data: 'second' });
    await resend(first, urlsOf(killed, other), random);
    await world.killServer(killed, { losesPower: false });
    const next = await world.startServer({ data: 'first' });
    await resend(second, urlsOf(other, next), random);
    await resendAndDie(world, first);
    const right = JSON.stringify(rightAnswers(events, fromMs));
    for (const url of urlsOf(other, next)) {
      await eventually(async () => {
        const received = JSON.stringify(await everyAnswer(url, fromMs));
        if (received !== right) throw new Error(`received ${received}, expected ${right}`);
      });
    }
  },
};

/** ClickHouse has what this server took, and the next server to start has it in its journal, too. */
async function resendAndDie(world: World, wave: readonly Resending[]): Promise<void> {
  const dying = await world.startServer({ data: 'third', die: { point: 'shipped', hit: 1 } });
  const answers = resend(wave.slice(0, 3), urlsOf(dying), world.random);
  // It may die before it answers.
  answers.catch(() => undefined);
  await dying.gone;
  await world.startServer({ data: 'third' });
  await world.drained();
}

function urlsOf(...servers: readonly FaultServer[]): string[] {
  return servers.flatMap(({ url }) => url ?? []);
}
