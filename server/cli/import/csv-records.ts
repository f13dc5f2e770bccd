import { AppError } from '../../common/errors.ts';
import { everyLine, type LineFlaw } from './numbered-lines.ts';

/** One record of a CSV file. */
export interface CsvRecord {
  /** The line on which it begins, from 1. */
  readonly number: number;
  /** Undefined when it is not as RFC 4180 says, or a line of it has a flaw. */
  readonly cells: readonly string[] | undefined;
  readonly flaw: LineFlaw | undefined;
  /** How far into the file its end is. */
  readonly endByte: number;
}

/** A cell and what ends it. */
const CELL = /(?:"([^"]*(?:""[^"]*)*)"|([^",]*))(,|$)/y;

const MAX_CHARACTERS = 16 * 1024 * 1024;

/**
 * The records of a CSV file as in RFC 4180, blank lines left out. Holds one record at a time.
 * @throws AppError `invalid` when a quoted cell does not end
 */
export async function* csvRecords(file: string): AsyncGenerator<CsvRecord> {
  let number = 0;
  let lines: string[] = [];
  let characters = 0;
  let isInQuotes = false;
  let flaw: LineFlaw | undefined;
  for await (const line of everyLine(file)) {
    if (lines.length === 0) ({ number } = line);
    if (line.text === undefined) {
      // Whether its last quote was open cannot be known: the next line begins a record.
      yield { number, cells: undefined, flaw: line.flaw, endByte: line.endByte };
      lines = [];
      characters = 0;
      flaw = undefined;
      isInQuotes = false;
      continue;
    }
    lines.push(line.text);
    flaw ??= line.flaw;
    characters += line.text.length;
    // In a sound record every quote has its other.
    if (quotesIn(line.text) % 2 === 1) isInQuotes = !isInQuotes;
    if (isInQuotes && characters <= MAX_CHARACTERS) continue;
    if (isInQuotes) break;
    const text = lines.join('\n').replace(/\r$/, '');
    const cells = flaw === undefined ? cellsOf(text) : undefined;
    if (text !== '') yield { number, cells, flaw, endByte: line.endByte };
    lines = [];
    characters = 0;
    flaw = undefined;
  }
  if (isInQuotes) throw new AppError('invalid', `line ${number} begins a cell in quotes that does not end`);
}

/** The cells of one record; undefined when it is not sound. */
export function cellsOf(record: string): string[] | undefined {
  const cells: string[] = [];
  for (CELL.lastIndex = 0; ;) {
    const found = CELL.exec(record);
    if (found === null) return undefined;
    const [, quoted, plain = '', end] = found;
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '') return cells;
  }
}

function quotesIn(text: string): number {
  let quotes = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) quotes += 1;
  return quotes;
}
