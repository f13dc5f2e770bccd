import type { ClickHouseSettings } from '@clickhouse/client';
import type { Nodes } from '../../clickhouse/nodes.ts';
import { queryBytes, queryRows, type QueryBounds, type QuestionLimits } from '../../clickhouse/query.ts';
import { AppError } from '../../common/errors.ts';
import { MIB } from '../../common/units.ts';
import { IDENTITY } from '../sql/columns.ts';
import { allOf, isWithin, type Condition } from '../sql/conditions.ts';
import { columnFilters, type EventFilters } from '../sql/event-filters.ts';
import { readEvents } from '../sql/readings.ts';
import type { Order, TimeRange } from '../sql/time-windows.ts';
import { WRITTEN_AS, type ExportFormat } from './export-formats.ts';
import { exportWindows, type ExportWindow } from './export-windows.ts';
import { ParquetFile } from './parquet-file.ts';
import { WindowSize } from './window-size.ts';

export interface ExportQuestion extends EventFilters {
  /** By timestamp, then by arrival. */
  readonly order: Order;
  readonly format: ExportFormat;
}

/**
 * Every event that filters leave, in their order, each identity once, the first received. Nothing is asked before the first
 * bytes are; the caller takes all of them, or returns the iterator.
 * @param signal ends what is under way
 * @throws AppError `overloaded` when there are too many at once, and what `queryBytes` throws
 */
export type Exports = (question: ExportQuestion, signal: AbortSignal) => AsyncGenerator<Uint8Array, void, undefined>;

/** At once. */
export const MAX_EXPORTS = 4;
const RETRY_AFTER_S = 5;

/** So many are read while one is sent: ClickHouse makes one while it hands over the other. All of them are in memory. */
const WINDOWS_AHEAD = 2;

/** More, and a window is read in two. */
const MAX_WINDOW_BYTES = 96 * MIB;
const NARROWER = 'a shorter range (from, to), or fewer conditions';

/** In windows, sent one after the other, so that neither ClickHouse nor this process ever has more than a part of it. */
export function createExports(nodes: Nodes, limits: QuestionLimits, maxWindowBytes = MAX_WINDOW_BYTES): Exports {
  let open = 0;
  const bounds: QueryBounds = { limits: { ...limits, maxResultBytes: maxWindowBytes }, narrower: NARROWER };
  return async function* (question, signal) {
    if (open >= MAX_EXPORTS) {
      throw new AppError('overloaded', `No more than ${MAX_EXPORTS} exports may be made at once`, {
        retryAfterS: RETRY_AFTER_S,
      });
    }
    open += 1;
    try {
      yield* exported(nodes, bounds, question, signal);
    } finally {
      open -= 1;
    }
  };
}

async function* exported(
  nodes: Nodes,
  bounds: QueryBounds,
  question: ExportQuestion,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { columns, format, formatLater, settings, windowBytes } = WRITTEN_AS[question.format];
  const parquet = question.format === 'parquet' ? new ParquetFile() : undefined;
  const ending = new AbortController();
  const asked = nodes.until(AbortSignal.any([signal, ending.signal]));
  const size = new WindowSize(windowBytes);
  const read = async (window: WindowPart, isFirst: boolean): Promise<Buffer[]> => {
    const { sql, params } = selectWindow(question, window, columns);
    const query = `${sql} FORMAT ${isFirst ? format : formatLater}`;
    const chunks = await queryBytes(asked, query, params, bounds, { ...settings, ...heldInMemory(bounds) });
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
    if (window.rows !== undefined) size.wasRead(window.rows, bytes);
    return chunks;
  };
  /** What was read of a window; of one that is too large, half after half. */
  async function* partsOf(window: WindowPart, isFirst: boolean, reading: Promise<Buffer[]>): AsyncGenerator<Buffer[]> {
    try {
      yield await reading;
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'too_expensive')) throw error;
      const halves = halvesOf(await timesOfRows(asked, bounds, question, window), question.order);
      if (halves === undefined) throw error;
      if (window.rows !== undefined) size.wasRefused(window.rows);
      for (const [at, half] of halves.entries()) {
        const isFirstHalf = isFirst && at === 0;
        yield* partsOf(half, isFirstHalf, read(half, isFirstHalf));
      }
    }
  }
  const windows = exportWindows(asked, bounds, question, question.order, () => size.rows);
  let isFirst = true;
  const next = async () => {
    const { value: window } = await windows.next();
    if (window === undefined) return undefined;
    const parts = partsOf(window, isFirst, thrownWhenAwaited(read(window, isFirst)));
    isFirst = false;
    return parts;
  };
  const ahead = Array.from({ length: WINDOWS_AHEAD }, () => thrownWhenAwaited(next()));
  try {
    for (let parts = await ahead.shift(); parts !== undefined; parts = await ahead.shift()) {
      for await (const chunks of parts) {
        if (ahead.length < WINDOWS_AHEAD) ahead.push(thrownWhenAwaited(next()));
        if (parquet === undefined) yield* chunks;
        else yield parquet.take(Buffer.concat(chunks));
      }
    }
    if (parquet !== undefined) yield parquet.end();
  } finally {
    ending.abort();
    await windows.return();
  }
}

/** The same promise, which may be rejected before anything waits for it. */
function thrownWhenAwaited<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** ClickHouse holds a window, too, until it is whole; it would write more than a MiB of it to a file of its own. */
function heldInMemory({ limits }: QueryBounds): ClickHouseSettings {
  return { http_response_buffer_size: String(limits.maxResultBytes) };
}

/** A window, or a part of one that was refused: how many of its rows are in that is not known, and teaches nothing. */
interface WindowPart extends TimeRange, Partial<Pick<ExportWindow, 'rows'>> {
  /** When its rows arrived, where all of them happened at one time. */
  readonly arrived?: TimeRange | undefined;
}

/** When the rows of a window happened, and when they arrived. */
interface TimesOfRows {
  readonly time: TimeRange;
  readonly arrived: TimeRange;
}

/** Of any number of rows, because it may have been that what was refused. */
async function timesOfRows(
  nodes: Nodes,
  bounds: QueryBounds,
  question: ExportQuestion,
  window: WindowPart,
): Promise<TimesOfRows> {
  const { sql, params } = allOf([columnFilters({ ...question, ...window }), ...hasArrived(window)]);
  const ends = ['min(timestamp)', 'max(timestamp)', 'min(received_at)', 'max(received_at)'];
  const query = `SELECT [${ends.map((end) => `toUnixTimestamp64Micro(${end})`).join(', ')}] AS ends FROM events PREWHERE ${sql}`;
  const anyRows = { ...bounds, limits: { ...bounds.limits, maxRowsRead: 0 } };
  const [row] = await queryRows<{ ends: number[] }>(nodes, query, params, anyRows);
  const [fromUs = 0, lastUs = 0, firstUs = 0, arrivedUs = 0] = row?.ends ?? [];
  return { time: { fromUs, toUs: lastUs + 1 }, arrived: { fromUs: firstUs, toUs: arrivedUs + 1 } };
}

function hasArrived({ arrived }: WindowPart): Condition[] {
  return arrived === undefined ? [] : isWithin('received_at', arrived, 'arrived_');
}

/** By time, or of one time by arrival, in the order of the export; undefined when a window cannot be cut. */
function halvesOf({ time, arrived }: TimesOfRows, order: Order): WindowPart[] | undefined {
  const halves = cutInTwo(time) ?? cutInTwo(arrived)?.map((half) => ({ ...time, arrived: half }));
  return order === 'asc' ? halves : halves?.toReversed();
}

function cutInTwo({ fromUs, toUs }: TimeRange): TimeRange[] | undefined {
  const middleUs = Math.floor((fromUs + toUs) / 2);
  if (middleUs <= fromUs) return undefined;
  return [
    { fromUs, toUs: middleUs },
    { fromUs: middleUs, toUs },
  ];
}

function selectWindow(question: ExportQuestion, window: WindowPart, columns: string): Condition {
  const { order } = question;
  const arrived = allOf(hasArrived(window));
  const found = readEvents(
    { ...question, ...window },
    [],
    ({ from }) =>
      `SELECT timestamp, received_at, event_id, application, session_id, user, category, name, data ${from} AND ${arrived.sql}`,
  );
  const first = firstOfCopies(question, window);
  const events = `
    SELECT * EXCEPT (timestamp, received_at), timestamp AS at, received_at AS arrived
    FROM (${found.sql}) ${first.sql}`;
  const once = 'ORDER BY at, arrived, event_id LIMIT 1 BY category, name, at, application, event_id';
  return {
    sql:
      order === 'asc'
        ? `SELECT ${columns} FROM (${events}) ${once}`
        : `SELECT ${columns} FROM (SELECT * FROM (${events}) ${once}) ORDER BY at DESC, arrived DESC, event_id DESC`,
    params: { ...found.params, ...arrived.params, ...first.params },
  };
}

/**
 * That an event is the first received of its copies. Where the filters are about what copies have in common, that follows
 * from the order; where they are not, or copies may have arrived in another window, a copy must not be exported because the
 * first does not match, or was.
 */
function firstOfCopies(question: ExportQuestion, window: WindowPart): Condition {
  const { application, category, name, user, sessionId, where = [] } = question;
  const isOfOneTime = window.arrived !== undefined;
  if (user === undefined && sessionId === undefined && where.length === 0 && !isOfOneTime)
    return { sql: '', params: {} };
  const shared = isOfOneTime ? 'event_id' : 'timestamp';
  const arrived = allOf(hasArrived(window));
  const found = readEvents({ ...question, ...window }, [], ({ from }) => `SELECT ${shared} ${from} AND ${arrived.sql}`);
  const copies = columnFilters({ application, category, name, ...window });
  return {
    sql: `
    WHERE (${IDENTITY}, received_at) GLOBAL IN (
      SELECT ${IDENTITY}, min(received_at)
      FROM events
      PREWHERE ${copies.sql} AND ${shared} GLOBAL IN (${found.sql})
      GROUP BY ${IDENTITY}
    )`,
    params: { ...found.params, ...arrived.params },
  };
}
