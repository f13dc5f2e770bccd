import { expect } from 'chai';
import { randomSource } from '../../../bench/traffic/traffic.ts';
import { shopEvents } from '../../../bench/traffic/shop.ts';
import { NDJSON, postEvents } from '../http/events-api.ts';
import { getJson } from '../http/pages.ts';
import { eventually } from '../http/outcome.ts';

/** An event of the shop, as it was sent. */
export interface ShopEvent {
  readonly name: string;
  readonly user: string;
  readonly session_id: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly data: { readonly plan: string };
}

/** Sends some days of a shop, the same ones each time but for where they end, and waits until they are counted. */
export async function openShop(url: string, days = 40): Promise<readonly ShopEvent[]> {
  const lines = [...shopEvents(randomSource(7), { days, visitsADay: 12, nowMs: Date.now() - 60_000 })];
  const { status } = await postEvents(url, lines.join('\n'), NDJSON);
  expect(status).to.equal(202);
  await eventually(async () => {
    const { names } = await getJson<{ names: readonly { events: number }[] }>(`${url}/events/names`);
    expect(names.reduce((sum, { events }) => sum + events, 0)).to.equal(lines.length);
  });
  return lines.map((line) => JSON.parse(line) as ShopEvent);
}
