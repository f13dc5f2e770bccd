/** A structure of Thrift's compact protocol: its fields by their numbers. */
export type ThriftStruct = Map<number, ThriftField>;

export interface ThriftField {
  /** The code of its type. */
  readonly type: number;
  readonly value: ThriftValue;
}

/** Numbers of 64 bits, structures and lists of those are read; all else is the bytes that it came in. */
export type ThriftValue = bigint | ThriftStruct | readonly ThriftStruct[] | Buffer;

export const I64 = 6;
export const BINARY = 8;
export const LIST = 9;
export const STRUCT = 12;
const SET = 10;
/** How many bytes there are of true, false, a byte and a double; a boolean is told by its type. */
const WIDTHS: Readonly<Record<number, number>> = { 1: 0, 2: 0, 3: 1, 7: 8 };
/** Integers of 16 and of 32 bits. */
const SHORTER: ReadonlySet<number> = new Set([4, 5]);
const LONG_LIST = 15;

/** Reads one structure. Maps are not known. */
export function decodeStruct(bytes: Buffer): ThriftStruct {
  return new Decoder(bytes).struct();
}

class Decoder {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  struct(): ThriftStruct {
    const fields: ThriftStruct = new Map();
    for (let last = 0, head = this.#byte(); head !== 0; head = this.#byte()) {
      last = head >> 4 === 0 ? Number(this.#integer()) : last + (head >> 4);
      const type = head & 15;
      fields.set(last, { type, value: this.#value(type) });
    }
    return fields;
  }

  #value(type: number): ThriftValue {
    if (type === I64) return this.#integer();
    if (type === STRUCT) return this.struct();
    if (type === LIST || type === SET) return this.#list();
    const start = this.#at;
    if (type === BINARY) this.#pass(Number(this.#varint()));
    else if (SHORTER.has(type)) this.#varint();
    else this.#pass(widthOf(type));
    return this.#bytes.subarray(start, this.#at);
  }

  #list(): ThriftValue {
    const start = this.#at;
    const head = this.#byte();
    const size = head >> 4 === LONG_LIST ? Number(this.#varint()) : head >> 4;
    const of = head & 15;
    if (of === STRUCT) return Array.from({ length: size }, () => this.struct());
    for (let item = 0; item < size; item += 1) {
      // Here a boolean has a byte.
      if (WIDTHS[of] === 0) this.#pass(1);
      else this.#value(of);
    }
    return this.#bytes.subarray(start, this.#at);
  }

  #integer(): bigint {
    const zigzag = this.#varint();
    return (zigzag >> 1n) ^ -(zigzag & 1n);
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  }

  #byte(): number {
    const byte = this.#bytes.readUInt8(this.#at);
    this.#at += 1;
    return byte;
  }

  #pass(bytes: number): void {
    this.#at += bytes;
  }
}

function widthOf(type: number): number {
  const width = WIDTHS[type];
  if (width === undefined) throw new Error(`received the type ${type}, expected one that is known`);
  return width;
}

/** Writes one structure. */
export function encodeStruct(struct: ThriftStruct): Buffer {
  const parts: Buffer[] = [];
  writeStruct(parts, struct);
  return Buffer.concat(parts);
}

function writeStruct(parts: Buffer[], struct: ThriftStruct): void {
  let last = 0;
  for (const [id, { type, value }] of [...struct].sort(([a], [b]) => a - b)) {
    const delta = id - last;
    parts.push(delta > 0 && delta <= 15 ? Buffer.from([(delta << 4) | type]) : Buffer.from([type]));
    if (delta <= 0 || delta > 15) parts.push(integer(BigInt(id)));
    writeValue(parts, value);
    last = id;
  }
  parts.push(Buffer.from([0]));
}

function writeValue(parts: Buffer[], value: ThriftValue): void {
  if (typeof value === 'bigint') parts.push(integer(value));
  else if (value instanceof Map) writeStruct(parts, value);
  else if (Buffer.isBuffer(value)) parts.push(value);
  else {
    const isLong = value.length >= LONG_LIST;
    parts.push(Buffer.from([((isLong ? LONG_LIST : value.length) << 4) | STRUCT]));
    if (isLong) parts.push(varint(BigInt(value.length)));
    for (const struct of value) writeStruct(parts, struct);
  }
}

function integer(value: bigint): Buffer {
  return varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left >>= 7n) {
    if (left < 128n) {
      bytes.push(Number(left));
      return Buffer.from(bytes);
    }
    bytes.push(Number(left & 127n) | 128);
  }
}
