import { decodeStruct, encodeStruct, I64, LIST, type ThriftStruct } from './thrift.ts';

const MAGIC = Buffer.from('PAR1');
/** The length of the footer and the magic behind it. */
const TRAILER_BYTES = 8;

/** Fields of the structures in the footer: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift */
const FILE = { rows: 3, rowGroups: 4 } as const;
const ROW_GROUP = { columns: 1, fileOffset: 5, ordinal: 7 } as const;
const COLUMN = { fileOffset: 2, metaData: 3 } as const;
/** The places of a column's pages: of data, of the index, of the dictionary. */
const PAGE_OFFSETS = [9, 10, 11] as const;

/**
 * Joins Parquet files of the same columns into one, without reading their pages: those are taken as they are, and a
 * footer is written at the end that says where they have come to be. Knows what ClickHouse writes without page indexes and
 * Bloom filters.
 */
export class ParquetFile {
  #at = 0;
  #first: ThriftStruct | undefined;
  #rowGroups: ThriftStruct[] = [];
  #rows = 0n;

  /** @param file a whole one @returns the next bytes of the joined one */
  take(file: Buffer): Buffer {
    const footerBytes = file.readUInt32LE(file.length - TRAILER_BYTES);
    const footerAt = file.length - TRAILER_BYTES - footerBytes;
    // A copy: what is kept of it until the end must not keep the pages.
    const footer = decodeStruct(Buffer.from(file.subarray(footerAt, file.length - TRAILER_BYTES)));
    // The pages go to where this file is now; the magic in front of them is there once.
    const pages = this.#at === 0 ? file.subarray(0, footerAt) : file.subarray(MAGIC.length, footerAt);
    const shift = BigInt(this.#at === 0 ? 0 : this.#at - MAGIC.length);
    this.#first ??= footer;
    this.#rows += integer(footer, FILE.rows);
    for (const group of list(footer, FILE.rowGroups)) this.#rowGroups.push(this.#moved(group, shift));
    this.#at += pages.length;
    return pages;
  }

  /** @returns the last bytes; at least one file has been taken */
  end(): Buffer {
    const footer = this.#first;
    if (footer === undefined) throw new Error('expected a file to be taken before the end');
    footer.set(FILE.rows, { type: I64, value: this.#rows });
    footer.set(FILE.rowGroups, { type: LIST, value: this.#rowGroups });
    const bytes = encodeStruct(footer);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return Buffer.concat([bytes, length, MAGIC]);
  }

  #moved(group: ThriftStruct, shift: bigint): ThriftStruct {
    move(group, ROW_GROUP.fileOffset, shift);
    // Not needed, and at most 32,767 of them would fit.
    group.delete(ROW_GROUP.ordinal);
    for (const column of list(group, ROW_GROUP.columns)) {
      move(column, COLUMN.fileOffset, shift);
      const metaData = column.get(COLUMN.metaData)?.value;
      if (!(metaData instanceof Map)) throw new Error('expected the meta data of a column');
      for (const offset of PAGE_OFFSETS) move(metaData, offset, shift);
    }
    return group;
  }
}

/** A place of 0 is none. */
function move(struct: ThriftStruct, field: number, shift: bigint): void {
  const value = struct.get(field)?.value;
  if (typeof value === 'bigint' && value !== 0n) struct.set(field, { type: I64, value: value + shift });
}

function integer(struct: ThriftStruct, field: number): bigint {
  const value = struct.get(field)?.value;
  if (typeof value !== 'bigint') throw new Error(`expected a number in field ${field}`);
  return value;
}

function list(struct: ThriftStruct, field: number): readonly ThriftStruct[] {
  const value = struct.get(field)?.value;
  if (!Array.isArray(value)) throw new Error(`expected a list in field ${field}`);
  return value as readonly ThriftStruct[];
}
