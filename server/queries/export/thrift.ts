/** A structure of Thrift's compact protocol: its fields by their numbers, in the order in which they came. */
export type ThriftStruct = Map<number, ThriftField>;

export type ThriftField =
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'i8'; readonly value: number }
  | { readonly type: 'i16' | 'i32' | 'i64'; readonly value: bigint }
  | { readonly type: 'double' | 'binary'; readonly value: Buffer }
  | { readonly type: 'list' | 'set'; readonly value: ThriftList }
  | { readonly type: 'struct'; readonly value: ThriftStruct };

type Type = ThriftField['type'];

export interface ThriftList {
  readonly of: Type;
  readonly items: readonly ThriftField['value'][];
}

/** Codes of types; 1 is a boolean that is true, 2 one that is not. */
const TYPES: Readonly<Record<number, Type>> = {
  1: 'boolean',
  2: 'boolean',
  3: 'i8',
  4: 'i16',
  5: 'i32',
  6: 'i64',
  7: 'double',
  8: 'binary',
  9: 'list',
  10: 'set',
  12: 'struct',
};
const CODES: Readonly<Record<Type, number>> = {
  boolean: 2,
  i8: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
};
const TRUE = 1;
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
      const type = typeOf(head & 15);
      const value = type === 'boolean' ? (head & 15) === TRUE : this.#value(type);
      fields.set(last, { type, value } as ThriftField);
    }
    return fields;
  }

  #value(type: Type): ThriftField['value'] {
    switch (type) {
      case 'boolean':
        return this.#byte() === TRUE;
      case 'i8':
        return this.#byte();
      case 'i16':
      case 'i32':
      case 'i64':
        return this.#integer();
      case 'double':
        return this.#take(8);
      case 'binary':
        return this.#take(Number(this.#varint()));
      case 'list':
      case 'set':
        return this.#list();
      case 'struct':
        break;
    }
    return this.struct();
  }

  #list(): ThriftList {
    const head = this.#byte();
    const size = head >> 4 === LONG_LIST ? Number(this.#varint()) : head >> 4;
    const of = typeOf(head & 15);
    return { of, items: Array.from({ length: size }, () => this.#value(of)) };
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

  #take(length: number): Buffer {
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function typeOf(code: number): Type {
  const type = TYPES[code];
  if (type === undefined) throw new Error(`received the type ${code}, expected one that is known`);
  return type;
}

/** Writes one structure. */
export function encodeStruct(struct: ThriftStruct): Buffer {
  const parts: Buffer[] = [];
  writeStruct(parts, struct);
  return Buffer.concat(parts);
}

function writeStruct(parts: Buffer[], struct: ThriftStruct): void {
  let last = 0;
  for (const [id, field] of [...struct].sort(([a], [b]) => a - b)) {
    const code = field.type === 'boolean' && field.value ? TRUE : CODES[field.type];
    const delta = id - last;
    parts.push(delta > 0 && delta <= 15 ? Buffer.from([(delta << 4) | code]) : Buffer.from([code]));
    if (delta <= 0 || delta > 15) parts.push(integer(BigInt(id)));
    if (field.type !== 'boolean') writeValue(parts, field);
    last = id;
  }
  parts.push(Buffer.from([0]));
}

function writeValue(parts: Buffer[], field: ThriftField): void {
  switch (field.type) {
    case 'boolean':
      parts.push(Buffer.from([field.value ? TRUE : CODES.boolean]));
      break;
    case 'i8':
      parts.push(Buffer.from([field.value]));
      break;
    case 'i16':
    case 'i32':
    case 'i64':
      parts.push(integer(field.value));
      break;
    case 'double':
      parts.push(field.value);
      break;
    case 'binary':
      parts.push(varint(BigInt(field.value.length)), field.value);
      break;
    case 'list':
    case 'set':
      writeList(parts, field.value);
      break;
    case 'struct':
      writeStruct(parts, field.value);
      break;
  }
}

function writeList(parts: Buffer[], { of, items }: ThriftList): void {
  const isLong = items.length >= LONG_LIST;
  parts.push(Buffer.from([((isLong ? LONG_LIST : items.length) << 4) | CODES[of]]));
  if (isLong) parts.push(varint(BigInt(items.length)));
  for (const value of items) writeValue(parts, { type: of, value } as ThriftField);
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
