/** Blocks of rows, as ClickHouse numbers them in a partition: each INSERT is one, and a merge joins those that follow. */
interface Blocks {
  readonly partition: string;
  readonly first: number;
  readonly last: number;
}

/** A table of which more has been seen in pieces is in the midst of something, and too much to name. */
const MAX_PIECES = 200;

/**
 * Which parts of a MergeTree table hold only rows that were seen, whatever name a merge gave the part: all numbers of its
 * blocks are of parts that were seen, and no mutation has come since. A number is given once, when the part appears; only
 * ClickHouse that starts again after its last part is gone may give one twice.
 */
export class SeenParts {
  static readonly none = new SeenParts([], 0);
  /** By partition and number, with gaps between them. */
  readonly #blocks: readonly Blocks[];
  /** The number of the last mutation that was seen. */
  readonly #mutation: number;

  private constructor(blocks: readonly Blocks[], mutation: number) {
    this.#blocks = blocks;
    this.#mutation = mutation;
  }

  get areFew(): boolean {
    return this.#blocks.length <= MAX_PIECES;
  }

  /** These parts are all that the table has, and were seen; of others nothing is left. @param names as in `_part` */
  and(names: readonly string[]): SeenParts {
    const parts = names.map(blocksOf);
    const left = this.#blocks.filter((one) => parts.some((part) => overlap(one, part)));
    return new SeenParts(joined([...left, ...parts]), Math.max(this.#mutation, ...names.map(mutationOf)));
  }

  /** SQL that says of the name of a part whether all of its rows were seen. */
  haveSeen(part: string): string {
    const [partition, first, last, , mutation] = [1, 2, 3, 4, 5].map(
      (at) => `splitByChar('_', toString(${part}))[${at}]`,
    );
    const blocks = this.#blocks.map((seen) => `('${seen.partition}', ${seen.first}, ${seen.last})`);
    return `(toInt64OrZero(${mutation}) <= ${this.#mutation} AND arrayExists(
      seen -> seen.1 = ${partition} AND seen.2 <= toInt64(${first}) AND toInt64(${last}) <= seen.3, [${blocks.join(', ')}]
    ))`;
  }
}

/** @param name `partition_first_last_level`, and after a mutation its number */
function blocksOf(name: string): Blocks {
  const [partition = '', first, last] = name.split('_');
  return { partition, first: Number(first), last: Number(last) };
}

function mutationOf(name: string): number {
  return Number(name.split('_')[4] ?? 0);
}

function overlap(one: Blocks, other: Blocks): boolean {
  return one.partition === other.partition && one.first <= other.last && other.first <= one.last;
}

/** Those that overlap, or follow each other without a gap, as one. */
function joined(blocks: readonly Blocks[]): Blocks[] {
  const inOrder = blocks.toSorted((one, other) =>
    one.partition === other.partition ? one.first - other.first : one.partition < other.partition ? -1 : 1,
  );
  const pieces: Blocks[] = [];
  for (const next of inOrder) {
    const piece = pieces.at(-1);
    if (piece !== undefined && piece.partition === next.partition && next.first <= piece.last + 1) {
      pieces[pieces.length - 1] = { ...piece, last: Math.max(piece.last, next.last) };
    } else pieces.push(next);
  }
  return pieces;
}
