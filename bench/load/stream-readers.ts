import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { createHistogram, performance } from 'node:perf_hooks';
import { createParser } from 'eventsource-parser';
import { pause } from '../../server/common/retry.ts';

/** What many readers of one stream have seen. */
export interface ReadersReport {
  /** Objects of each reader that goes on reading, the fewest and the most. */
  readonly objects: { readonly least: number; readonly most: number };
  /** Between two objects of one reader, and from the last to now; milliseconds. */
  readonly gapMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Objects that were problems, of all readers. */
  readonly problems: number;
  /** Streams that ended by themselves: of readers that went on reading, and of the one that stopped. */
  readonly ended: { readonly reading: number; readonly stopped: boolean };
}

interface StreamReader {
  readonly request: http.ClientRequest;
  readonly answer: IncomingMessage;
  objects: number;
  lastMs: number | undefined;
  hasEnded: boolean;
}

/** How long the reader that stopped takes to find the end of its stream, once it reads again. */
const END_WITHIN_MS = 3_000;

/** Readers of one stream, each over a connection of its own. The last of them stops reading after its first object. */
export class StreamReaders {
  readonly #gapUs = createHistogram();
  readonly #readers: StreamReader[] = [];
  #stopped: StreamReader | undefined;
  #problems = 0;

  /** @throws Error when an answer is not 200 */
  async open(url: string, readers: number): Promise<void> {
    for (let n = 1; n < readers; n += 1) this.#readers.push(await this.#open(url, () => undefined));
    this.#stopped = await this.#open(url, (answer) => answer.pause());
  }

  /** Ends every stream, and says what was seen until now. */
  async finish(): Promise<ReadersReport> {
    for (const reader of this.#readers) this.#noteGap(reader);
    const reading = this.#readers.filter(({ hasEnded }) => hasEnded).length;
    for (const { request } of this.#readers) request.destroy();
    const counts = this.#readers.map(({ objects }) => objects);
    return {
      objects: { least: Math.min(...counts), most: Math.max(...counts) },
      gapMs: { p50: this.#percentileMs(50), p99: this.#percentileMs(99), max: this.#gapUs.max / 1000 },
      problems: this.#problems,
      ended: { reading, stopped: await this.#stoppedHasEnded() },
    };
  }

  close(): void {
    for (const { request } of this.#readers) request.destroy();
    this.#stopped?.request.destroy();
  }

  async #open(url: string, onFirst: (answer: IncomingMessage) => void): Promise<StreamReader> {
    const request = http.get(url, { agent: false });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    if (answer.statusCode !== 200) throw new Error(`GET ${url}: received ${answer.statusCode}, expected 200`);
    const reader: StreamReader = { request, answer, objects: 0, lastMs: undefined, hasEnded: false };
    const parser = createParser({
      onEvent: ({ event }) => {
        if (event === 'problem') this.#problems += 1;
        this.#noteGap(reader);
        reader.objects += 1;
        if (reader.objects === 1) onFirst(answer);
      },
    });
    answer.once('close', () => (reader.hasEnded = true));
    answer.on('error', () => undefined);
    request.on('error', () => undefined);
    answer.setEncoding('utf8').on('data', (text: string) => parser.feed(text));
    return reader;
  }

  #noteGap(reader: StreamReader): void {
    const nowMs = performance.now();
    const { lastMs } = reader;
    if (lastMs !== undefined) this.#gapUs.record(Math.max(1, Math.round((nowMs - lastMs) * 1000)));
    reader.lastMs = nowMs;
  }

  #percentileMs(percentile: number): number {
    return this.#gapUs.count === 0 ? 0 : this.#gapUs.percentile(percentile) / 1000;
  }

  /** Who does not read does not learn of the end either: it is behind all that the system has kept for it. */
  async #stoppedHasEnded(): Promise<boolean> {
    const stopped = this.#stopped;
    if (stopped === undefined) return false;
    const end = new AbortController();
    stopped.answer.once('close', () => end.abort());
    stopped.answer.resume();
    if (!stopped.hasEnded) await pause(END_WITHIN_MS, end.signal);
    return stopped.hasEnded;
  }
}
