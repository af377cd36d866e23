/** How our columns are stored: the Parquet type of each SQL type, and the kernels that encode values as PLAIN. */
import { notSupported } from '../../../base/errors.ts';
import { kernels } from '../../../kernel/text.ts';
import type { DataType, Field } from '../../../types/data-type.ts';
import { printType } from '../../../types/print.ts';
import { BOOLEAN, BYTE_ARRAY, DOUBLE, FIXED_LEN_BYTE_ARRAY, FLOAT, INT32, INT64 } from './metadata.ts';
import type { ThriftField } from './thrift-writer.ts';

/** How one column is stored. */
export interface Encoding {
  readonly physical: number;
  /** Bytes of a stored value; 0 where they vary, or for bits. */
  readonly width: number;
  /** A function of `encodeLibrary`: (values, validity, n, out) to the bytes written, -1 for a value too large. */
  readonly kernel: string;
  /** Minimum and maximum: a function of `encodeLibrary`, or none. */
  readonly range: 'range_i32' | 'range_i64' | 'range_f32' | 'range_f64' | 'range_views' | null;
}

/** @throws EngineError NOT-SUPPORTED for types that a Parquet file of ours cannot hold. */
export function encodingOf(field: Field): Encoding {
  const { type } = field;
  switch (type.kind) {
    case 'BOOLEAN':
      return { physical: BOOLEAN, width: 0, kernel: 'encode_booleans', range: null };
    case 'TINYINT':
      return { physical: INT32, width: 4, kernel: 'encode_i8', range: 'range_i32' };
    case 'SMALLINT':
      return { physical: INT32, width: 4, kernel: 'encode_i16', range: 'range_i32' };
    case 'INT':
    case 'DATE':
    case 'TIME':
      return { physical: INT32, width: 4, kernel: 'encode_4', range: 'range_i32' };
    case 'BIGINT':
      return { physical: INT64, width: 8, kernel: 'encode_8', range: 'range_i64' };
    case 'FLOAT':
      return { physical: FLOAT, width: 4, kernel: 'encode_4', range: 'range_f32' };
    case 'DOUBLE':
      return { physical: DOUBLE, width: 8, kernel: 'encode_8', range: 'range_f64' };
    case 'DECIMAL':
      return type.precision <= 18
        ? { physical: INT64, width: 8, kernel: 'encode_8', range: 'range_i64' }
        : { physical: FIXED_LEN_BYTE_ARRAY, width: 16, kernel: 'encode_i128', range: null };
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return {
        physical: INT64,
        width: 8,
        kernel: type.precision <= 6 ? 'encode_8' : 'encode_nanos',
        range: 'range_i64',
      };
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return { physical: BYTE_ARRAY, width: 0, kernel: 'encode_views', range: 'range_views' };
    default:
      throw notSupported(
        `column ${field.name}: ${printType(type)} in a Parquet file`,
        undefined,
        'cast it to STRING, or use the json or arrow format',
      );
  }
}

/** The schema element of a column. */
export function schemaElement(field: Field, encoding: Encoding): readonly ThriftField[] {
  const { converted, logical, decimal } = annotation(field.type);
  return [
    { id: 1, type: 'i32', value: encoding.physical },
    ...(encoding.physical === FIXED_LEN_BYTE_ARRAY ? [{ id: 2, type: 'i32', value: encoding.width } as const] : []),
    { id: 3, type: 'i32', value: field.type.nullable ? 1 : 0 },
    { id: 4, type: 'binary', value: field.name },
    ...(converted === null ? [] : [{ id: 6, type: 'i32', value: converted } as const]),
    ...(decimal === null
      ? []
      : [
          { id: 7, type: 'i32', value: decimal.scale } as const,
          { id: 8, type: 'i32', value: decimal.precision } as const,
        ]),
    ...(logical === null ? [] : [{ id: 10, type: 'struct', value: [logical] } as const]),
  ];
}

interface Annotation {
  /** ConvertedType, for older readers. */
  readonly converted: number | null;
  readonly logical: ThriftField | null;
  readonly decimal: { readonly precision: number; readonly scale: number } | null;
}

function annotation(type: DataType): Annotation {
  const of = (converted: number | null, id: number, value: readonly ThriftField[] = []): Annotation => ({
    converted,
    logical: { id, type: 'struct', value },
    decimal: null,
  });
  const integer = (converted: number, bits: number): Annotation =>
    of(converted, 10, [
      { id: 1, type: 'i8', value: bits },
      { id: 2, type: 'bool', value: true },
    ]);
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return of(0, 1);
    case 'TINYINT':
      return integer(15, 8);
    case 'SMALLINT':
      return integer(16, 16);
    case 'DATE':
      return of(6, 6);
    case 'TIME':
      return of(7, 7, inUnit(1, false));
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const utc = type.kind === 'TIMESTAMP_LTZ';
      return type.precision <= 6 ? of(utc ? 10 : null, 8, inUnit(2, utc)) : of(null, 8, inUnit(3, utc));
    }
    case 'DECIMAL': {
      const { precision, scale } = type;
      const logical = of(5, 5, [
        { id: 1, type: 'i32', value: scale },
        { id: 2, type: 'i32', value: precision },
      ]);
      return { ...logical, decimal: { precision, scale } };
    }
    default:
      return { converted: null, logical: null, decimal: null };
  }
}

/** Unit 1: milliseconds, 2: microseconds, 3: nanoseconds. */
function inUnit(unit: number, utc: boolean): readonly ThriftField[] {
  return [
    { id: 1, type: 'bool', value: utc },
    { id: 2, type: 'struct', value: [{ id: unit, type: 'struct', value: [] }] },
  ];
}

/** Encoders take n values and their validity (0: all valid) and leave out NULLs; they return the bytes written. */
export const encodeLibrary = kernels('parquet-encode')`
  fn is_valid(validity: i32, i: i32): i32 {
    return validity ? load.u8(validity + i) : 1;
  }

  fn encode_4(values: i32, validity: i32, n: i32, out: i32): i32 {
    if (validity == 0) {
      copy(out, values, n << 2);
      return n << 2;
    }
    let o = out;
    for (let i = 0; i < n; i += 1) {
      store.i32(o, load.i32(values + (i << 2)));
      o += load.u8(validity + i) << 2;
    }
    return o - out;
  }

  fn encode_8(values: i32, validity: i32, n: i32, out: i32): i32 {
    if (validity == 0) {
      copy(out, values, n << 3);
      return n << 3;
    }
    let o = out;
    for (let i = 0; i < n; i += 1) {
      store.i64(o, load.i64(values + (i << 3)));
      o += load.u8(validity + i) << 3;
    }
    return o - out;
  }

  fn encode_i8(values: i32, validity: i32, n: i32, out: i32): i32 {
    let o = out;
    for (let i = 0; i < n; i += 1) {
      store.i32(o, load.i8(values + i));
      o += is_valid(validity, i) << 2;
    }
    return o - out;
  }

  fn encode_i16(values: i32, validity: i32, n: i32, out: i32): i32 {
    let o = out;
    for (let i = 0; i < n; i += 1) {
      store.i32(o, load.i16(values + (i << 1)));
      o += is_valid(validity, i) << 2;
    }
    return o - out;
  }

  // Bits of the valid rows; "out" begins at a whole byte, and a page is encoded at once.
  fn encode_booleans(values: i32, validity: i32, n: i32, out: i32): i32 {
    let bit = 0;
    for (let i = 0; i < n; i += 1) {
      if (is_valid(validity, i)) {
        let at = out + (bit >>> 3);
        let before = bit & 7 ? load.u8(at) : 0;
        store.u8(at, before | ((load.u8(values + i) & 1) << (bit & 7)));
        bit += 1;
      }
    }
    return (bit + 7) >>> 3;
  }

  // Big-endian.
  fn encode_i128(values: i32, validity: i32, n: i32, out: i32): i32 {
    let o = out;
    for (let i = 0; i < n; i += 1) {
      if (is_valid(validity, i)) {
        for (let b = 0; b < 16; b += 1) store.u8(o + 15 - b, load.u8(values + (i << 4) + b));
        o += 16;
      }
    }
    return o - out;
  }

  // 128-bit nanoseconds as 64 bits; -1 where one does not fit.
  fn encode_nanos(values: i32, validity: i32, n: i32, out: i32): i32 {
    let o = out;
    for (let i = 0; i < n; i += 1) {
      if (is_valid(validity, i)) {
        let low = load.i64(values + (i << 4));
        if (load.i64(values + (i << 4) + 8) != low >> 63) return -1;
        store.i64(o, low);
        o += 8;
      }
    }
    return o - out;
  }

  // Bytes that encode_views will write.
  fn views_bytes(values: i32, validity: i32, n: i32): i64 {
    let total: i64 = 0;
    for (let i = 0; i < n; i += 1) {
      if (is_valid(validity, i)) total += 4 + u64(load.i32(values + (i << 3) + 4));
    }
    return total;
  }

  fn encode_views(values: i32, validity: i32, n: i32, out: i32): i32 {
    let o = out;
    for (let i = 0; i < n; i += 1) {
      if (is_valid(validity, i)) {
        let from = load.i32(values + (i << 3));
        let length = load.i32(values + (i << 3) + 4);
        store.i32(o, length);
        copy(o + 4, from, length);
        o += 4 + length;
      }
    }
    return o - out;
  }

  // Levels as one run of 1, or as bits. Returns the bytes written.
  fn encode_levels(validity: i32, n: i32, out: i32): i32 {
    let header = validity ? (((n + 7) >>> 3) << 1) | 1 : n << 1;
    let o = out;
    while (gtu(header, 127)) {
      store.u8(o, header | 128);
      header = header >>> 7;
      o += 1;
    }
    store.u8(o, header);
    o += 1;
    if (validity == 0) {
      store.u8(o, 1);
      return o + 1 - out;
    }
    for (let i = 0; i < n; i += 8) {
      let byte = 0;
      for (let k = 0; k < 8 && i + k < n; k += 1) byte = byte | (load.u8(validity + i + k) << k);
      store.u8(o, byte);
      o += 1;
    }
    return o - out;
  }

  fn count_nulls(validity: i32, n: i32): i32 {
    let nulls = n;
    for (let i = 0; i < n; i += 1) nulls -= load.u8(validity + i);
    return nulls;
  }

  // The ranges are over stored values: from "at" to "end"; minimum and maximum go to "out" and "out" + 8.
  fn range_i32(at: i32, end: i32, out: i32) {
    let least = load.i32(at);
    let most = least;
    for (let p = at; ltu(p, end); p += 4) {
      let value = load.i32(p);
      least = value < least ? value : least;
      most = value > most ? value : most;
    }
    store.i32(out, least);
    store.i32(out + 8, most);
  }

  fn range_i64(at: i32, end: i32, out: i32) {
    let least = load.i64(at);
    let most = least;
    for (let p = at; ltu(p, end); p += 8) {
      let value = load.i64(p);
      least = value < least ? value : least;
      most = value > most ? value : most;
    }
    store.i64(out, least);
    store.i64(out + 8, most);
  }

  // NaN makes both NaN: then there are no statistics.
  fn range_f32(at: i32, end: i32, out: i32) {
    let least = load.f32(at);
    let most = least;
    for (let p = at; ltu(p, end); p += 4) {
      least = min(least, load.f32(p));
      most = max(most, load.f32(p));
    }
    store.f32(out, least);
    store.f32(out + 8, most);
  }

  fn range_f64(at: i32, end: i32, out: i32) {
    let least = load.f64(at);
    let most = least;
    for (let p = at; ltu(p, end); p += 8) {
      least = min(least, load.f64(p));
      most = max(most, load.f64(p));
    }
    store.f64(out, least);
    store.f64(out + 8, most);
  }

  // Negative, 0 or positive, byte by byte.
  fn compare_bytes(a: i32, aLength: i32, b: i32, bLength: i32): i32 {
    let n = ltu(aLength, bLength) ? aLength : bLength;
    for (let i = 0; i < n; i += 1) {
      let order = load.u8(a + i) - load.u8(b + i);
      if (order != 0) return order;
    }
    return aLength - bLength;
  }

  // Addresses of the least and the greatest string (each behind its length).
  fn range_views(at: i32, end: i32, out: i32) {
    let least = at;
    let most = at;
    let p = at;
    while (ltu(p, end)) {
      let length = load.i32(p);
      if (compare_bytes(p + 4, length, least + 4, load.i32(least)) < 0) least = p;
      if (compare_bytes(p + 4, length, most + 4, load.i32(most)) > 0) most = p;
      p += 4 + length;
    }
    store.i32(out, least);
    store.i32(out + 8, most);
  }
`;
