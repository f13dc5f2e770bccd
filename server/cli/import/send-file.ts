import { AppError } from '../../common/errors.ts';
import { pause } from '../../common/retry.ts';
import type { EventsClient } from './events-client.ts';
import { readFileIdentity } from './file-identity.ts';
import type { ImportedLine, ImportFormat } from './formats.ts';
import type { ImportTally } from './tally.ts';

export interface ImportPlan {
  readonly file: string;
  readonly format: ImportFormat;
  /** Events a second; 0 for as fast as the service takes them. */
  readonly ratePerS: number;
  readonly client: Pick<EventsClient, 'post'>;
  readonly tally: ImportTally;
  /** Called after each chunk with how many bytes of the file are done, of how many. */
  readonly onProgress: (done: number, bytes: number) => void;
  readonly signal: AbortSignal;
}

const MAX_EVENTS = 1000;
const MAX_CHARACTERS = 1024 * 1024;
/** With a rate, chunks are small enough to be this far apart. */
const CHUNKS_PER_S = 5;

/**
 * Sends a file line by line, in chunks, one after the other. Sent again, as after a crash, each event is still one: its
 * identity is that of its line.
 * @throws AppError when it cannot go on; `plan.tally` then says what became of the lines before
 */
export async function importFile(plan: ImportPlan): Promise<void> {
  const { file, format, ratePerS, signal } = plan;
  const maxEvents = ratePerS === 0 ? MAX_EVENTS : Math.min(MAX_EVENTS, Math.ceil(ratePerS / CHUNKS_PER_S));
  const { identityOf, bytes } = await readFileIdentity(file, signal);
  const send = sender(plan, bytes);
  for await (const chunk of chunksOf(format(file, identityOf), maxEvents, plan)) await send(chunk);
}

interface Chunk {
  readonly texts: readonly string[];
  /** How far into the file it reaches. */
  readonly endByte: number;
}

/** What can be read, in chunks; also what comes before a line that ends the reading with an error. */
async function* chunksOf(
  lines: AsyncIterable<ImportedLine>,
  maxEvents: number,
  { tally, signal }: ImportPlan,
): AsyncGenerator<Chunk> {
  let texts: string[] = [];
  let characters = 0;
  let endByte = 0;
  try {
    for await (const { number, text, flaw, endByte: lineEnd } of lines) {
      signal.throwIfAborted();
      if (text === undefined) {
        tally.unparsableLine(number, flaw);
        continue;
      }
      if (texts.length === maxEvents || (texts.length > 0 && characters + text.length > MAX_CHARACTERS)) {
        yield { texts, endByte };
        texts = [];
        characters = 0;
      }
      texts.push(text);
      characters += text.length;
      endByte = lineEnd;
    }
  } catch (error) {
    if (texts.length > 0) yield { texts, endByte };
    throw error;
  }
  if (texts.length > 0) yield { texts, endByte };
}

function sender({ client, tally, ratePerS, onProgress, signal }: ImportPlan, bytes: number) {
  const started = performance.now();
  let sent = 0;
  return async ({ texts, endByte }: Chunk): Promise<void> => {
    if (ratePerS > 0) {
      const due = started + (sent / ratePerS) * 1000;
      await pause(Math.max(0, due - performance.now()), signal);
    }
    if (signal.aborted) throw new AppError('unavailable', 'interrupted');
    tally.verdict(await client.post(texts));
    sent += texts.length;
    onProgress(endByte, bytes);
  };
}
