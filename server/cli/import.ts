import { SingleBar } from 'cli-progress';
import { readApiKey } from '../config/environment.ts';
import { AppError, messageOf, show } from '../common/errors.ts';
import { listenForInterruption } from '../stop-requests.ts';
import {
  asInvoked,
  NO_KEY,
  NO_SERVICE,
  onlyName,
  originOption,
  readArguments,
  runCommand,
  UsageError,
  wholeOption,
} from './command.ts';
import { EventsClient } from './import/events-client.ts';
import { importFile } from './import/send-file.ts';
import { importFormats, type ImportFormat } from './import/formats.ts';
import { ImportTally } from './import/tally.ts';

const FORMATS = Object.keys(importFormats).join('|');
const USAGE = `Usage: npm run import -- FILE [--format ${FORMATS}] [--rate R] [--url U]

Sends a file to POST /events. Sent again, as after a crash, it changes no number: an event without an event_id gets one made
of the file's content and its line. An event without a timestamp gets the time at which the file was last modified, so keep
that as it is. The file is UTF-8, or that packed with gzip; a line that is not, or over 16 MiB, is counted as unparsable and passed
over. It is read twice, so a pipe cannot be sent.
Exit code 1 when nothing was accepted, or it had to stop before the end.

  --format   events: a line is an event in JSON (the default); rsvp: an RSVP of Meetup's stream; csv: a header names
             the columns (name, timestamp, event_id, user, session_id, category; any other goes into data).
             What GET /events/export gives, as ndjson or csv, is taken as the events that it is
  --rate R   at most R events a second (default: as fast as the service takes them)
  --url U    where the service is (default: http://127.0.0.1:8080)

Example: npm run import -- orders.csv --format csv

The key, if the service needs one, comes from CLICKHOUR_API_KEY.`;

await runCommand(USAGE, async () => {
  const { file, format, ratePerS, url } = readCommandLine();
  const signal = listenForInterruption();
  const bar = new SingleBar({
    format: '{bar} {percentage} %, {eta_formatted} left',
    gracefulExit: false,
    clearOnComplete: true,
  });
  const tally = new ImportTally();
  let isHintGiven = false;
  const client = new EventsClient({
    url,
    apiKey: readApiKey(),
    signal,
    onWait: (reason, seconds, isAnswered) => {
      const hint = isAnswered || isHintGiven ? '' : `; ${NO_SERVICE}`;
      isHintGiven ||= !isAnswered;
      console.error(asInvoked(`waiting ${seconds.toFixed(1)} s: ${reason}${hint}`));
    },
  });
  const started = performance.now();
  if (process.stderr.isTTY) bar.start(1, 0);
  const failure = await importFile({
    file,
    format,
    ratePerS,
    client,
    tally,
    onProgress: (done, bytes) => {
      bar.setTotal(bytes);
      bar.update(done);
    },
    signal,
  })
    .then(() => undefined, reasonOf)
    .finally(() => bar.stop());
  for (const line of tally.report()) console.log(line);
  const { accepted, rejected, unparsable } = tally;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${accepted} accepted, ${rejected} rejected, ${unparsable} unparsable in ${seconds} s.`);
  if (failure === undefined) return accepted > 0 ? 0 : 1;
  console.error(`Stopped before the end of ${file}: ${failure}`);
  return 1;
});

function reasonOf(error: unknown): string {
  const isForKey = error instanceof AppError && ['unauthorized', 'forbidden'].includes(error.code);
  return isForKey ? `${error.message}; ${NO_KEY}` : messageOf(error);
}

interface Arguments {
  readonly file: string;
  readonly format: ImportFormat;
  readonly ratePerS: number;
  readonly url: string;
}

function readCommandLine(): Arguments {
  const { values, positionals } = readArguments({
    options: {
      format: { type: 'string', default: 'events' },
      rate: { type: 'string' },
      url: { type: 'string' },
    },
    allowPositionals: true,
  });
  const file = onlyName('FILE', positionals);
  const format = Object.hasOwn(importFormats, values.format) ? importFormats[values.format] : undefined;
  if (format === undefined) throw new UsageError(`--format: received ${show(values.format)}, expected ${FORMATS}`);
  const ratePerS = wholeOption('rate', values.rate, { min: 1, max: 999_999_999, fallback: 0 });
  return { file, format, ratePerS, url: originOption(values.url) };
}
