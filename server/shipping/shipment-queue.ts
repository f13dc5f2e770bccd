import { INSERT_MAX_BYTES, INSERT_MAX_PARCELS } from './limits.ts';
import { bytesIn, type Parcel } from './parcel.ts';

/** What one INSERT brings. */
export interface Shipment {
  readonly parcels: readonly Parcel[];
  /** How often it failed, as it is, in a way that may be for its rows. */
  readonly tries: number;
  /** It is not tried before; in milliseconds by the clock of the shipper. */
  readonly afterMs: number;
}

/** What waits for the backlog lane, the latest first; what failed for its rows, perhaps, by itself and when it is due. */
export class ShipmentQueue {
  /** The latest last. */
  readonly #waiting: Parcel[] = [];
  readonly #failed: Shipment[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#failed.length === 0;
  }

  /** From when on something may be sent. */
  get nextMs(): number {
    if (this.#waiting.length > 0 || this.#failed.length === 0) return 0;
    return Math.min(...this.#failed.map(({ afterMs }) => afterMs));
  }

  add(parcel: Parcel): void {
    this.#waiting.push(parcel);
  }

  /** Those of a shipment, each of which may go with others. */
  addEach(parcels: readonly Parcel[]): void {
    this.#waiting.push(...parcels.toReversed());
  }

  /** A shipment that is to be tried again as it is. */
  addAgain(shipment: Shipment): void {
    this.#failed.push(shipment);
  }

  /** What is to be sent now: as much as goes into one INSERT. */
  take(nowMs: number): Shipment | undefined {
    const due = this.#failed.findIndex(({ afterMs }) => afterMs <= nowMs);
    if (due !== -1) return this.#failed.splice(due, 1)[0];
    const parcels: Parcel[] = [];
    let bytes = 0;
    for (let next = this.#waiting.at(-1); next !== undefined; next = this.#waiting.at(-1)) {
      bytes += bytesIn(next);
      if (parcels.length === INSERT_MAX_PARCELS || (parcels.length > 0 && bytes > INSERT_MAX_BYTES)) break;
      this.#waiting.pop();
      parcels.push(next);
    }
    return parcels.length === 0 ? undefined : shipmentOf(parcels);
  }

  /** One to find out with whether ClickHouse takes anything: the latest there is. */
  takeOne(): Shipment | undefined {
    const latest = this.#waiting.pop();
    return latest === undefined ? this.#failed.shift() : shipmentOf([latest]);
  }
}

/** What was not tried yet as it is. */
export function shipmentOf(parcels: readonly Parcel[]): Shipment {
  return { parcels, tries: 0, afterMs: 0 };
}
