/**
 * Thrift's compact protocol, as far as Parquet's metadata needs it: any struct becomes its fields by number. Bytes come
 * from a file, so every length is checked against what is left.
 *
 * Source: "Thrift Compact protocol encoding" (github.com/apache/thrift, doc/specs).
 */

/** Thrown for bytes that are no Thrift struct; whoever knows the file turns it into an EngineError. */
export class ThriftError extends Error {}

export type ThriftValue = boolean | number | Uint8Array | readonly ThriftValue[] | ThriftStruct;

const MAX_DEPTH = 24;

/**
 * The fields of a struct that somebody wants, and those of the structs in them; 'all': whatever there is. The others
 * are passed over, which costs a fraction of making values of them.
 */
export type ThriftShape = 'all' | { readonly [id: number]: ThriftShape };

export class ThriftStruct {
  readonly #fields: (ThriftValue | undefined)[];

  constructor(fields: (ThriftValue | undefined)[]) {
    this.#fields = fields;
  }

  has(id: number): boolean {
    return this.#fields[id] !== undefined;
  }

  number(id: number): number | undefined {
    const value = this.#fields[id];
    return typeof value === 'number' ? value : undefined;
  }

  /** @throws ThriftError when the field is missing. */
  required(id: number): number {
    const value = this.number(id);
    if (value === undefined) throw new ThriftError(`field ${id} is missing`);
    return value;
  }

  boolean(id: number): boolean | undefined {
    const value = this.#fields[id];
    return typeof value === 'boolean' ? value : undefined;
  }

  bytes(id: number): Uint8Array | undefined {
    const value = this.#fields[id];
    return value instanceof Uint8Array ? value : undefined;
  }

  text(id: number): string | undefined {
    const value = this.bytes(id);
    return value === undefined ? undefined : Buffer.from(value).toString('utf8');
  }

  struct(id: number): ThriftStruct | undefined {
    const value = this.#fields[id];
    return value instanceof ThriftStruct ? value : undefined;
  }

  structs(id: number): readonly ThriftStruct[] {
    const value = this.#fields[id];
    if (!Array.isArray(value)) return [];
    if (value.some((item) => !(item instanceof ThriftStruct)))
      throw new ThriftError(`field ${id} is no list of structs`);
    return value as readonly ThriftStruct[];
  }

  list(id: number): readonly ThriftValue[] {
    const value = this.#fields[id];
    return Array.isArray(value) ? (value as readonly ThriftValue[]) : [];
  }
}

const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const MAP = 11;
const STRUCT = 12;

const NOTHING: ThriftShape = {};

/** Reads structs one after another from bytes. */
export class ThriftReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Where the next byte is. */
  get position(): number {
    return this.#at;
  }

  struct(shape: ThriftShape = 'all', depth = 0): ThriftStruct {
    if (depth > MAX_DEPTH) throw new ThriftError('structs are nested too deep');
    const fields: (ThriftValue | undefined)[] = [];
    let id = 0;
    for (;;) {
      const head = this.#byte();
      if (head === 0) return new ThriftStruct(fields);
      const delta = head >>> 4;
      id = delta === 0 ? this.#zigzag() : id + delta;
      if (id < 0 || id > 1000) throw new ThriftError(`field number ${id}`);
      const wanted = shape === 'all' ? 'all' : shape[id];
      if (wanted === undefined) this.#skip(head & 15, depth, false);
      else fields[id] = this.#value(head & 15, wanted, depth, false);
    }
  }

  #value(type: number, shape: ThriftShape, depth: number, inList: boolean): ThriftValue {
    switch (type) {
      case TRUE:
      case FALSE:
        return inList ? this.#byte() === TRUE : type === TRUE;
      case BYTE:
        return (this.#byte() << 24) >> 24;
      case DOUBLE: {
        const bytes = this.#take(8);
        return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
      }
      case BINARY:
        return this.#take(this.#varint());
      case LIST:
      case SET:
        return this.#list(shape, depth);
      case MAP:
        return this.#map(depth);
      case STRUCT:
        return this.struct(shape, depth + 1);
      default:
        if (type >= I16 && type <= I64) return this.#zigzag();
        throw new ThriftError(`type number ${type}`);
    }
  }

  #list(shape: ThriftShape, depth: number): ThriftValue[] {
    const { size, type } = this.#listHead(depth);
    const values: ThriftValue[] = [];
    for (let i = 0; i < size; i++) values.push(this.#value(type, shape, depth + 1, true));
    return values;
  }

  #map(depth: number): ThriftValue[] {
    const { size, types } = this.#mapHead(depth);
    const values: ThriftValue[] = [];
    for (let i = 0; i < size; i++) {
      values.push(this.#value(types >>> 4, 'all', depth + 1, true), this.#value(types & 15, 'all', depth + 1, true));
    }
    return values;
  }

  #skip(type: number, depth: number, inList: boolean): void {
    switch (type) {
      case TRUE:
      case FALSE:
        if (inList) this.#byte();
        return;
      case BYTE:
        this.#byte();
        return;
      case DOUBLE:
        this.#pass(8);
        return;
      case BINARY:
        this.#pass(this.#varint());
        return;
      case LIST:
      case SET: {
        const { size, type: element } = this.#listHead(depth);
        for (let i = 0; i < size; i++) this.#skip(element, depth + 1, true);
        return;
      }
      case MAP: {
        const { size, types } = this.#mapHead(depth);
        for (let i = 0; i < size; i++) {
          this.#skip(types >>> 4, depth + 1, true);
          this.#skip(types & 15, depth + 1, true);
        }
        return;
      }
      case STRUCT:
        this.struct(NOTHING, depth + 1);
        return;
      default:
        if (type < I16 || type > I64) throw new ThriftError(`type number ${type}`);
        this.#varint();
    }
  }

  #listHead(depth: number): { readonly size: number; readonly type: number } {
    if (depth > MAX_DEPTH) throw new ThriftError('lists are nested too deep');
    const head = this.#byte();
    const size = head >>> 4 === 15 ? this.#varint() : head >>> 4;
    if (size > this.#bytes.length - this.#at) throw new ThriftError(`a list of ${size} elements`);
    return { size, type: head & 15 };
  }

  #mapHead(depth: number): { readonly size: number; readonly types: number } {
    if (depth > MAX_DEPTH) throw new ThriftError('maps are nested too deep');
    const size = this.#varint();
    if (size > this.#bytes.length - this.#at) throw new ThriftError(`a map of ${size} entries`);
    return { size, types: size === 0 ? 0 : this.#byte() };
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new ThriftError('ends in the middle');
    return byte;
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 70; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new ThriftError('a number is too long');
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #take(length: number): Uint8Array {
    this.#pass(length);
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #pass(length: number): void {
    if (length > this.#bytes.length - this.#at) throw new ThriftError(`${length} bytes where the end is near`);
    this.#at += length;
  }
}
