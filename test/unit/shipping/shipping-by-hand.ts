import { appendFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { ClickHouseError } from '@clickhouse/client';
import { NotReady } from '../../../server/clickhouse/errors.ts';
import { Backlog } from '../../../server/journal/backlog.ts';
import { Quarantine } from '../../../server/journal/quarantine.ts';
import { createSegment, EVENTS, historicBeforeUs, type Segment } from '../../../server/journal/segment.ts';
import { createMetrics, type Metrics } from '../../../server/metrics/metrics.ts';
import type { Insert } from '../../../server/shipping/insert-rows.ts';
import type { Parcel } from '../../../server/shipping/parcel.ts';
import { Settlement } from '../../../server/shipping/settlement.ts';
import { Shipper } from '../../../server/shipping/shipper.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { silentLog } from '../../support/logs.ts';

export const NOW_MS = 1_700_000_000_000;
export const INTERVAL_MS = 500;
const STEP_MS = 100;

export const clickhouseError = (code: string) => new ClickHouseError({ message: 'no', code, type: 'NO' });
/** Nobody answers. */
export const UNREACHABLE = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
/** The check before an INSERT was not answered in time, in the words of the client. */
export const UNANSWERED = new NotReady('server', 'Timeout error.');

/** A row of an event; a historic one happened long before the segment was opened. */
export function row(name: string, isHistoric = false): string {
  const timestamp = isHistoric ? historicBeforeUs(NOW_MS) - 1 : NOW_MS * 1000;
  return `{"timestamp":${timestamp},"received_at":${NOW_MS * 1000},"event_id":"${name}"}\n`;
}

/** The ids of rows, in their order. */
export function idsOf(rows: string): string[] {
  return Array.from(rows.matchAll(/"event_id":"(\w+)"/g), ([, id = '']) => id);
}

const hit = () => undefined;

/** A shipper over a journal of files that a test writes, with a clock that it turns. */
export class ShippingByHand {
  readonly clock = new HandClock();
  readonly backlog = new Backlog(() => NOW_MS);
  readonly metrics: Metrics = createMetrics(this.backlog, () => NOW_MS);
  readonly settle: Settlement;
  readonly shipper: Shipper;
  /** The ids of each INSERT that was sent, and when. */
  readonly sent: { readonly ids: readonly string[]; readonly atMs: number }[] = [];
  /** What was handed to the bisector. */
  readonly refused: Parcel[][] = [];
  readonly sealed: Segment[] = [];
  /** What settles when the newest rows were sent, of each time. */
  readonly storing: Promise<void>[] = [];
  /** What ClickHouse does with the ids of an INSERT. */
  answer: (ids: readonly string[]) => Promise<void> = async () => undefined;
  readonly #directory: string;
  readonly #startMs: number;
  #open: Segment | undefined;
  #made = 0;
  /** INSERTs that wait for `answer`. */
  #unanswered = 0;

  constructor(directory: string) {
    this.#directory = directory;
    this.#startMs = this.clock.nowMs();
    const quarantine = new Quarantine(directory);
    const { backlog, metrics } = this;
    this.settle = new Settlement({ backlog, quarantine, metrics, log: silentLog, hit });
    this.shipper = new Shipper({
      table: EVENTS,
      insert: async (insert) => this.insert(insert),
      journal: () => ({
        open: { rows: this.#open?.rows ?? 0, historic: this.#open?.historicRows ?? 0 },
        seal: async () => this.#seal(),
      }),
      settle: this.settle,
      onRefused: (parcels) => this.refused.push([...parcels]),
      onStoring: (sent) => this.storing.push(sent),
      onStored: () => undefined,
      onFailure: () => undefined,
      intervalMs: INTERVAL_MS,
      clock: this.clock,
      random: () => 0,
      log: silentLog,
      hit,
    });
  }

  /** The ids of each INSERT that was sent, as one text. */
  get sentIds(): string[] {
    return this.sent.map(({ ids }) => ids.join(' '));
  }

  /** Since the beginning. */
  get elapsedMs(): number {
    return this.clock.nowMs() - this.#startMs;
  }

  async insert({ rows }: Insert): Promise<void> {
    const ids = idsOf(await text(await rows()));
    this.sent.push({ ids, atMs: this.elapsedMs });
    this.#unanswered += 1;
    try {
      await this.answer(ids);
    } finally {
      this.#unanswered -= 1;
    }
  }

  /** Resolves when nothing goes on but INSERTs that wait for their answer, however long files take. */
  async settled(): Promise<void> {
    const isBusy = () => {
      const lanes = Object.values(this.shipper.state);
      return lanes.filter((state) => state === 'sending').length > this.#unanswered;
    };
    do await new Promise((resolve) => setTimeout(resolve, 1));
    while (isBusy());
  }

  /** Rows become durable in the open segment. */
  async write(...rows: readonly string[]): Promise<void> {
    const segment = (this.#open ??= this.#create());
    const text = rows.join('');
    segment.historicRows += rows.filter((each) => each.includes(`:${historicBeforeUs(NOW_MS) - 1},`)).length;
    await appendFile(segment.path, text);
    this.backlog.grow(segment, rows.length, Buffer.byteLength(text));
    this.shipper.wake();
    await this.settled();
  }

  /** A segment of its own, as one that is full or was taken over. */
  async segment(...rows: readonly string[]): Promise<Segment> {
    const segment = this.#create();
    const text = rows.join('');
    await writeFile(segment.path, text);
    this.backlog.grow(segment, rows.length, Buffer.byteLength(text));
    return segment;
  }

  async ship(segment: Segment): Promise<void> {
    this.shipper.ship(segment);
    await this.settled();
  }

  /** Lets time pass in small steps, with time for files in each. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      await this.clock.pass(Math.min(STEP_MS, ms - passed));
      await this.settled();
    }
  }

  #create(): Segment {
    this.#made += 1;
    return createSegment(this.#directory, EVENTS, `a-${this.#made}`, NOW_MS);
  }

  #seal(): Segment | undefined {
    const segment = this.#open;
    this.#open = undefined;
    if (segment !== undefined) this.sealed.push(segment);
    return segment;
  }
}
