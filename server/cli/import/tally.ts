import { MIB } from '../../common/units.ts';
import type { EventsVerdict } from './events-client.ts';
import { MAX_LINE_BYTES, type LineFlaw } from './numbered-lines.ts';

const FLAWS: Readonly<Record<LineFlaw, string>> = {
  'too long': `longer than ${MAX_LINE_BYTES / MIB} MiB`,
  'not UTF-8': 'not UTF-8; convert the file, as from Windows with iconv -f WINDOWS-1252 -t UTF-8 FILE > FILE.utf8',
};
const MAX_KINDS = 1000;
const SHOWN_KINDS = 10;
const MAX_LINES_SHOWN = 20;

/** What became of the lines of a file. */
export class ImportTally {
  accepted = 0;
  rejected = 0;
  unparsable = 0;
  /** Of them, those that have a flaw, whatever they say. */
  readonly #flaws = new Map<LineFlaw, number>();
  /** The first numbers of lines that cannot be read. */
  readonly #unparsableLines: number[] = [];
  /** By reason, how many events and which errors how often. */
  readonly #reasons = new Map<string, { events: number; readonly errors: Map<string, number> }>();

  unparsableLine(number: number, flaw: LineFlaw | undefined): void {
    this.unparsable += 1;
    if (flaw !== undefined) this.#flaws.set(flaw, (this.#flaws.get(flaw) ?? 0) + 1);
    if (this.#unparsableLines.length < MAX_LINES_SHOWN) this.#unparsableLines.push(number);
  }

  verdict({ accepted, rejected, omitted }: EventsVerdict): void {
    this.accepted += accepted;
    for (const { reason, errors } of rejected) {
      this.#reject(
        reason,
        1,
        errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)),
      );
    }
    if (omitted > 0) this.#reject('not listed by the service', omitted, []);
  }

  /** For people, one line each. */
  report(): string[] {
    const lines = [`accepted   ${this.accepted}`, `rejected   ${this.rejected}`];
    for (const [reason, { events, errors }] of byCount(this.#reasons, ({ events }) => events)) {
      lines.push(`  ${reason} ${events}`);
      const kinds = byCount(errors, (count) => count);
      for (const [error, count] of kinds.slice(0, SHOWN_KINDS)) lines.push(`    ${count} × ${error}`);
      if (kinds.length > SHOWN_KINDS) lines.push(`    and ${kinds.length - SHOWN_KINDS} other errors`);
    }
    lines.push(`unparsable ${this.unparsable}`);
    if (this.unparsable > 0) {
      const more = this.unparsable > this.#unparsableLines.length ? ' and more' : '';
      lines.push(`  ${this.unparsable === 1 ? 'line' : 'lines'} ${this.#unparsableLines.join(', ')}${more}`);
    }
    for (const [flaw, count] of this.#flaws) lines.push(`  ${count} of them ${FLAWS[flaw]}`);
    return lines;
  }

  #reject(reason: string, events: number, errors: readonly string[]): void {
    this.rejected += events;
    const found = this.#reasons.get(reason) ?? { events: 0, errors: new Map<string, number>() };
    this.#reasons.set(reason, found);
    found.events += events;
    for (const error of errors) {
      const kind = found.errors.has(error) || found.errors.size < MAX_KINDS ? error : 'other errors';
      found.errors.set(kind, (found.errors.get(kind) ?? 0) + 1);
    }
  }
}

function byCount<T>(counts: ReadonlyMap<string, T>, count: (value: T) => number): [string, T][] {
  return [...counts].sort(([, a], [, b]) => count(b) - count(a));
}
