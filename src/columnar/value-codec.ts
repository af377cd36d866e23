/**
 * One value between its JS form (types/value.ts) and its physical form, for every type: the border of linear memory.
 */
import { unreachable } from '../base/assert.ts';
import type { LinearMemory } from '../memory/arena.ts';
import type { DataType } from '../types/data-type.ts';
import type { Value } from '../types/value.ts';
import { decodeNested, encodeNested } from './nested.ts';
import { physicalType } from './physical.ts';
import type { StringArena } from './string-arena.ts';

export type ReadValue = (address: number) => Value;
export type WriteValue = (address: number, value: Exclude<Value, null>) => void;

/** Nanoseconds per unit of the physical value: TIMESTAMP to six digits counts microseconds. */
export function timestampUnit(precision: number): bigint {
  return precision <= 6 ? 1000n : 1n;
}

/** A reader of one value of the type at an address; validity is the caller's business. */
export function valueReader(memory: LinearMemory, type: DataType): ReadValue {
  const physical = physicalType(type);
  switch (physical) {
    case 'u8':
      return (address) => memory.u8[address] !== 0;
    case 'i8':
      return (address) => (memory.u8[address]! << 24) >> 24;
    case 'i16':
      return (address) => memory.dataView.getInt16(address, true);
    case 'i32':
      return (address) => memory.i32[address >>> 2]!;
    case 'f32':
      return (address) => memory.f32[address >>> 2]!;
    case 'f64':
      return (address) => memory.f64[address >>> 3]!;
    case 'i64':
      if (type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ') {
        return (address) => memory.i64[address >>> 3]! * 1000n;
      }
      return (address) => memory.i64[address >>> 3]!;
    case 'i128':
      return (address) => (memory.i64[(address >>> 3) + 1]! << 64n) | BigInt.asUintN(64, memory.i64[address >>> 3]!);
    case 'view':
      return viewReader(memory, type);
    default:
      return unreachable(physical);
  }
}

function viewReader(memory: LinearMemory, type: DataType): ReadValue {
  const bytesAt = (address: number): Uint8Array =>
    memory.bytes(memory.u32[address >>> 2]!, memory.u32[(address >>> 2) + 1]!);
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR': {
      // One Buffer over all of the memory: making one for every string takes longer than reading it.
      let whole = Buffer.alloc(0);
      return (address) => {
        const { buffer } = memory.u8;
        if ((whole.buffer as unknown) !== buffer) whole = Buffer.from(buffer as unknown as ArrayBuffer);
        const start = memory.u32[address >>> 2]!;
        return whole.toString('utf8', start, start + memory.u32[(address >>> 2) + 1]!);
      };
    }
    case 'BINARY':
    case 'VARBINARY':
      return (address) => Uint8Array.from(bytesAt(address));
    default:
      return (address) => decodeNested(Uint8Array.from(bytesAt(address)), type);
  }
}

/** A writer of one value of the type at an address; bytes of strings go to `strings`. */
export function valueWriter(memory: LinearMemory, type: DataType, strings: () => StringArena): WriteValue {
  const physical = physicalType(type);
  switch (physical) {
    case 'u8':
      return (address, value) => {
        memory.u8[address] = value === true ? 1 : 0;
      };
    case 'i8':
      return (address, value) => {
        memory.u8[address] = Number(value);
      };
    case 'i16':
      return (address, value) => memory.dataView.setInt16(address, Number(value), true);
    case 'i32':
      return (address, value) => {
        memory.i32[address >>> 2] = Number(value);
      };
    case 'f32':
      return (address, value) => {
        memory.f32[address >>> 2] = Number(value);
      };
    case 'f64':
      return (address, value) => {
        memory.f64[address >>> 3] = Number(value);
      };
    case 'i64': {
      const divisor = type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ' ? timestampUnit(type.precision) : 1n;
      return (address, value) => {
        memory.i64[address >>> 3] = divisor === 1n ? BigInt(value as bigint) : floorDivide(value as bigint, divisor);
      };
    }
    case 'i128':
      return (address, value) => {
        const wide = value as bigint;
        memory.i64[address >>> 3] = BigInt.asIntN(64, wide);
        memory.i64[(address >>> 3) + 1] = BigInt.asIntN(64, wide >> 64n);
      };
    case 'view':
      return (address, value) => {
        const view =
          typeof value === 'string'
            ? strings().append(value)
            : strings().appendBytes(value instanceof Uint8Array ? value : encodeNested(value, type));
        memory.i64[address >>> 3] = view;
      };
    default:
      return unreachable(physical);
  }
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}
