/**
 * Loads, stores and bulk operations of the kernel language on linear memory, for the backends that are not WebAssembly.
 */
import { unreachable } from '../../base/assert.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { Value, ValueType } from '../ir.ts';
import { LOADS, STORES } from '../operations.ts';
import { KernelTrap } from '../trap.ts';

/** Coerces as the JavaScript interface of WebAssembly does. */
export function coerce(type: ValueType, value: unknown): Value {
  switch (type) {
    case 'i32':
      return Number(value) | 0;
    case 'i64':
      return BigInt.asIntN(64, value as bigint);
    case 'f32':
      return Math.fround(Number(value));
    case 'f64':
      return Number(value);
    case 'v128':
      return value as Uint8Array;
  }
}

/** What a local or global holds at first. */
export function zero(type: ValueType): Value {
  return type === 'i64' ? 0n : type === 'v128' ? new Uint8Array(16) : 0;
}

export class MemoryAccess {
  readonly #memory: LinearMemory;

  constructor(memory: LinearMemory) {
    this.#memory = memory;
  }

  load(op: string, address: number, offset: number): Value {
    const at = this.#check(address, offset, LOADS.get(op)!.bytes);
    const view = this.#memory.dataView;
    switch (op) {
      case 'i32.load':
        return view.getInt32(at, true);
      case 'i64.load':
        return view.getBigInt64(at, true);
      case 'f32.load':
        return view.getFloat32(at, true);
      case 'f64.load':
        return view.getFloat64(at, true);
      case 'i32.load8_s':
        return view.getInt8(at);
      case 'i32.load8_u':
        return view.getUint8(at);
      case 'i32.load16_s':
        return view.getInt16(at, true);
      case 'i32.load16_u':
        return view.getUint16(at, true);
      case 'i64.load8_s':
        return BigInt(view.getInt8(at));
      case 'i64.load8_u':
        return BigInt(view.getUint8(at));
      case 'i64.load16_s':
        return BigInt(view.getInt16(at, true));
      case 'i64.load16_u':
        return BigInt(view.getUint16(at, true));
      case 'i64.load32_s':
        return BigInt(view.getInt32(at, true));
      case 'i64.load32_u':
        return BigInt(view.getUint32(at, true));
      case 'v128.load':
        return new Uint8Array(this.#memory.bytes(at, 16));
      case 'v128.load32_zero':
      case 'v128.load64_zero': {
        const vector = new Uint8Array(16);
        vector.set(this.#memory.bytes(at, op === 'v128.load32_zero' ? 4 : 8));
        return vector;
      }
      default:
        return unreachable(op as never);
    }
  }

  store(op: string, address: number, value: Value, offset: number): void {
    const at = this.#check(address, offset, STORES.get(op)!.bytes);
    const view = this.#memory.dataView;
    switch (op) {
      case 'i32.store':
        view.setInt32(at, value as number, true);
        return;
      case 'i64.store':
        view.setBigInt64(at, value as bigint, true);
        return;
      case 'f32.store':
        view.setFloat32(at, value as number, true);
        return;
      case 'f64.store':
        view.setFloat64(at, value as number, true);
        return;
      case 'i32.store8':
        view.setInt8(at, value as number);
        return;
      case 'i32.store16':
        view.setInt16(at, value as number, true);
        return;
      case 'i64.store8':
        view.setInt8(at, Number(BigInt.asIntN(8, value as bigint)));
        return;
      case 'i64.store16':
        view.setInt16(at, Number(BigInt.asIntN(16, value as bigint)), true);
        return;
      case 'i64.store32':
        view.setInt32(at, Number(BigInt.asIntN(32, value as bigint)), true);
        return;
      case 'v128.store':
        this.#memory.u8.set(value as Uint8Array, at);
        return;
      default:
        unreachable(op as never);
    }
  }

  copy(destination: number, source: number, length: number): void {
    const to = this.#check(destination, 0, length >>> 0);
    const from = this.#check(source, 0, length >>> 0);
    this.#memory.copy(to, from, length >>> 0);
  }

  fill(destination: number, byte: number, length: number): void {
    const to = this.#check(destination, 0, length >>> 0);
    this.#memory.fill(to, byte, length >>> 0);
  }

  #check(address: number, offset: number, bytes: number): number {
    const at = (address >>> 0) + offset;
    if (at + bytes > this.#memory.byteLength) throw new KernelTrap('memory access out of bounds');
    return at;
  }
}
