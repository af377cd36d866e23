/**
 * ARRAY, MAP, MULTISET and ROW as one blob of bytes: position independent and canonical (equal values have equal
 * bytes), so that kernels hash, compare and move them as they do strings. Entries of MAP and MULTISET are sorted by
 * their encoding.
 *
 * Layout: u32 count, then per element a u32 byte length (0xffffffff: NULL) and its encoding. Scalars are the
 * little-endian bytes of their physical form; strings their UTF-8.
 */
import { assert, unreachable } from '../base/assert.ts';
import type { DataType } from '../types/data-type.ts';
import type { Entries, Value } from '../types/value.ts';
import { physicalType } from './physical.ts';

const NULL_LENGTH = 0xffffffff;
const COUNT_TYPE: DataType = { kind: 'INT', nullable: false };

export function encodeNested(value: Value, type: DataType): Uint8Array {
  switch (type.kind) {
    case 'ARRAY':
      return frame((value as readonly Value[]).map((element) => encodeElement(element, type.element)));
    case 'ROW':
      return frame((value as readonly Value[]).map((field, i) => encodeElement(field, type.fields[i]!.type)));
    case 'MAP':
    case 'MULTISET': {
      const keyType = type.kind === 'MAP' ? type.key : type.element;
      const valueType = type.kind === 'MAP' ? type.value : COUNT_TYPE;
      const entries = (value as Entries).map(([key, val]) =>
        frame([encodeElement(key, keyType), encodeElement(val, valueType)]),
      );
      return frame(entries.sort((a, b) => Buffer.compare(a, b)));
    }
    default:
      return encodeScalar(value, type);
  }
}

export function decodeNested(bytes: Uint8Array, type: DataType): Value {
  switch (type.kind) {
    case 'ARRAY':
      return unframe(bytes).map((element) => decodeElement(element, type.element));
    case 'ROW':
      return unframe(bytes).map((field, i) => decodeElement(field, type.fields[i]!.type));
    case 'MAP':
    case 'MULTISET': {
      const keyType = type.kind === 'MAP' ? type.key : type.element;
      const valueType = type.kind === 'MAP' ? type.value : COUNT_TYPE;
      return unframe(bytes).map((entry) => {
        assert(entry !== null, 'a map entry is not NULL');
        const [key, value] = unframe(entry);
        return [decodeElement(key ?? null, keyType), decodeElement(value ?? null, valueType)];
      });
    }
    default:
      return decodeScalar(bytes, type);
  }
}

function encodeElement(value: Value, type: DataType): Uint8Array | null {
  return value === null ? null : encodeNested(value, type);
}

function decodeElement(bytes: Uint8Array | null, type: DataType): Value {
  return bytes === null ? null : decodeNested(bytes, type);
}

function frame(elements: readonly (Uint8Array | null)[]): Uint8Array {
  const length = elements.reduce((sum, element) => sum + 4 + (element?.length ?? 0), 4);
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  view.setUint32(0, elements.length, true);
  let at = 4;
  for (const element of elements) {
    view.setUint32(at, element === null ? NULL_LENGTH : element.length, true);
    at += 4;
    if (element !== null) {
      out.set(element, at);
      at += element.length;
    }
  }
  return out;
}

function unframe(bytes: Uint8Array): (Uint8Array | null)[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  const elements: (Uint8Array | null)[] = [];
  let at = 4;
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(at, true);
    at += 4;
    if (length === NULL_LENGTH) {
      elements.push(null);
    } else {
      elements.push(bytes.subarray(at, at + length));
      at += length;
    }
  }
  return elements;
}

function encodeScalar(value: Value, type: DataType): Uint8Array {
  const physical = physicalType(type);
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  switch (physical) {
    case 'u8':
      out[0] = value === true ? 1 : 0;
      return out.subarray(0, 1);
    case 'i8':
      out[0] = Number(value);
      return out.subarray(0, 1);
    case 'i16':
      view.setInt16(0, Number(value), true);
      return out.subarray(0, 2);
    case 'i32':
      view.setInt32(0, Number(value), true);
      return out.subarray(0, 4);
    case 'f32':
      view.setFloat32(0, Number(value), true);
      return out.subarray(0, 4);
    case 'f64':
      view.setFloat64(0, Number(value), true);
      return out.subarray(0, 8);
    case 'i64':
    case 'i128':
      view.setBigInt64(0, BigInt.asIntN(64, value as bigint), true);
      view.setBigInt64(8, BigInt.asIntN(64, (value as bigint) >> 64n), true);
      return out;
    case 'view':
      return typeof value === 'string' ? new TextEncoder().encode(value) : (value as Uint8Array);
    default:
      return unreachable(physical);
  }
}

function decodeScalar(bytes: Uint8Array, type: DataType): Value {
  const physical = physicalType(type);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (physical) {
    case 'u8':
      return bytes[0] !== 0;
    case 'i8':
      return view.getInt8(0);
    case 'i16':
      return view.getInt16(0, true);
    case 'i32':
      return view.getInt32(0, true);
    case 'f32':
      return view.getFloat32(0, true);
    case 'f64':
      return view.getFloat64(0, true);
    case 'i64':
    case 'i128':
      return (view.getBigInt64(8, true) << 64n) | view.getBigUint64(0, true);
    case 'view':
      return type.kind === 'CHAR' || type.kind === 'VARCHAR' ? new TextDecoder().decode(bytes) : Uint8Array.from(bytes);
    default:
      return unreachable(physical);
  }
}
