import { expect } from 'chai';
import { ApiError } from '../../../dashboard/api/api-error.ts';
import { followTop, type StreamState, type TopList } from '../../../dashboard/api/stream.ts';

const list = (key: string): TopList => ({ generated_at: '2026-01-01T00:00:00Z', top: [{ key, count: 1 }] });
const top = (key: string) => `event: top\ndata: ${JSON.stringify(list(key))}\n\n`;
const PROBLEM = 'event: problem\ndata: {"problem":{"title":"t","status":503,"detail":"ClickHouse is unavailable"}}\n\n';

type Answer = readonly string[] | ApiError;

/** What a reader hears while the service gives these answers, one a connection, until it has heard `until` lists. */
async function heard(answers: readonly Answer[], until: number) {
  const controller = new AbortController();
  const states: string[] = [];
  const lists: TopList[] = [];
  const waiting = [...answers];
  const paths: string[] = [];
  const open = async (path: string) => {
    paths.push(path);
    const answer = waiting.shift() ?? [];
    if (answer instanceof ApiError) throw answer;
    return new Response(ReadableStream.from(answer.map((text) => new TextEncoder().encode(text))));
  };
  const listener = {
    onTop: (value: TopList) => {
      lists.push(value);
      if (lists.length === until) controller.abort();
    },
    onState: (status: StreamState) => {
      states.push('error' in status ? `${status.state}: ${status.error.message}` : status.state);
    },
  };
  await followTop('/events/top/stream?by=name', listener, { api: { open }, random: () => 0 }, controller.signal);
  return { states, keys: lists.map(({ top }) => top[0]?.key), paths };
}

describe('The live list of the dashboard', () => {
  it('is read from pieces of any size, heartbeats and unknown events among them', async () => {
    const bytes = `retry: 100\n\n: heartbeat\n\nevent: other\ndata: x\n\n${top('ä')}${top('b')}`;
    const { states, keys } = await heard([bytes.split(/(?<=[\s\S])/)], 2);
    expect(keys).to.deep.equal(['ä', 'b']);
    expect(states).to.deep.equal(['connecting', 'live', 'live']);
  });

  it('may have keys and values of any length', async () => {
    const long = 'x'.repeat(5_000_000);
    const { states, keys } = await heard([[top(long)]], 1);
    expect(keys).to.deep.equal([long]);
    expect(states).to.deep.equal(['connecting', 'live']);
  });

  it('says what is wrong while the service cannot tell, and goes on', async () => {
    const { states } = await heard([[top('a'), PROBLEM, top('b')]], 2);
    expect(states).to.deep.equal(['connecting', 'live', 'unavailable: ClickHouse is unavailable', 'live']);
  });

  it('passes on what the service says of a question that is too expensive, and goes on', async () => {
    const problem = 'event: problem\ndata: {"problem":{"title":"t","status":422,"detail":"ask for less"}}\n\n';
    const { states } = await heard([[problem, top('a')]], 1);
    expect(states).to.deep.equal(['connecting', 'unavailable: ask for less', 'live']);
  });

  it('connects again, to the same question, when the connection breaks or is refused for now', async () => {
    const full = new ApiError('unavailable', 'too many readers');
    const { states, keys, paths } = await heard([[top('a')], full, [top('b')]], 2);
    expect(keys).to.deep.equal(['a', 'b']);
    expect(states).to.deep.equal([
      'connecting',
      'live',
      'unavailable: the connection to the service was closed',
      'unavailable: too many readers',
      'live',
    ]);
    expect(new Set(paths).size).to.equal(1);
  });

  it('ends when the question is refused', async () => {
    const { states, paths } = await heard([new ApiError('invalid', 'by: received "data"')], 1);
    expect(states).to.deep.equal(['connecting', 'ended: by: received "data"']);
    expect(paths).to.have.length(1);
  });
});
