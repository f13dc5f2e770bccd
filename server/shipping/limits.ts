import type { Backoff } from '../common/retry.ts';
import { MIB } from '../common/units.ts';

// What shipping is bounded by, beside what the operator sets (`config.journal`).

/** What one INSERT may bring of several segments: its rows are in memory on both sides, its files are open. */
export const INSERT_MAX_BYTES = 16 * MIB;
export const INSERT_MAX_PARCELS = 64;

/** So many INSERTs at once after a pause. */
export const BURST = 3;

/** Of the tokens that are taken while both lanes wait, one in so many is the backlog's. */
export const BACKLOG_SHARE = 4;

/** While ClickHouse is unavailable, and before what failed is tried again: from a tenth of a second to five. */
export const RETRY_PAUSE: Backoff = { firstMs: 100, maxMs: 5_000 };

/** So often one shipment is tried before its rows are taken for the reason. */
export const MAX_TRIES = 3;

/** Before a segment is tried again that can neither be read nor be put into quarantine. */
export const UNREADABLE_PAUSE_MS = 30_000;

/** When so many fresh segments in a row fail, it is not for what is in them. */
export const MAX_FRESH_FAILURES = 8;

/** Between two INSERTs of a bisection: a segment full of rows that are refused does not keep ClickHouse busy. */
export const BISECT_PACE_MS = 20;

/** Before a bisection that could not go on is begun again. */
export const BISECT_PAUSE: Backoff = { firstMs: 500, maxMs: 60_000 };

/** So few rows that need too much are sent once more without their typed column before they are halved further. */
export const BISECT_LEAF_ROWS = 16;

/** How long a stopping server goes on shipping. */
export const SHIP_AT_CLOSE_MS = 10_000;
