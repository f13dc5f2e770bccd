import { pause } from '../../server/common/retry.ts';

const PATHS = 100;
const PATH_CHARACTERS = 200;
const EVENTS_PER_POST = 20;
const POST_EVERY_MS = 200;

/** Posts up to 100 events a second, each with one of 100 long paths in its data, until the signal is aborted. */
export async function postPaths(url: string, signal: AbortSignal): Promise<void> {
  for (let posts = 0; !signal.aborted; posts += 1) {
    const lines = Array.from({ length: EVENTS_PER_POST }, (_, n) => event((posts + n * n) % PATHS));
    const answer = await fetch(`${url}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    const text = await answer.text();
    if (answer.status !== 202) throw new Error(`POST /events: received ${answer.status} ${text}, expected 202`);
    await pause(POST_EVERY_MS, signal);
  }
}

function event(n: number): string {
  const path = `/products/${n}/`.padEnd(PATH_CHARACTERS, 'x');
  return JSON.stringify({
    session_id: `s${n}`,
    category: 'page interaction',
    name: 'pageview',
    data: { host: 'www.example.com', path },
    timestamp: Date.now(),
  });
}
