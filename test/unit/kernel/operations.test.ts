import { describe, expect, it } from 'vitest';
import { i32, load, store, v128 } from '../../../src/kernel/build.ts';
import { operation } from '../../../src/kernel/fold.ts';
import { fn } from '../../../src/kernel/function-builder.ts';
import type { Expression, KernelFunction, ValueType } from '../../../src/kernel/ir.ts';
import { LOADS, OPERATIONS, STORES } from '../../../src/kernel/operations.ts';
import { verifyFunction } from '../../../src/kernel/verify.ts';
import { outcome, Random, runs } from './harness.ts';

const I32 = [0, 1, -1, 2, 7, 31, 32, 33, 255, 256, -128, 65535, 2147483647, -2147483648];
const I64 = [0n, 1n, -1n, 2n, 31n, 63n, 64n, 65n, 255n, -(1n << 31n), (1n << 32n) - 1n, (1n << 63n) - 1n, -(1n << 63n)];
const F64 = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e300, -1e300, 2 ** 31, 2 ** 32, -(2 ** 31) - 1, 2 ** 53 + 2];
const FLOATS = [...F64, 4.9e-324, 2 ** 63, 2 ** 64, -(2 ** 63), Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

function samples(type: ValueType, random: Random): (number | bigint)[] {
  switch (type) {
    case 'i32':
      return [...I32, ...Array.from({ length: 8 }, () => random.i32())];
    case 'i64':
      return [...I64, ...Array.from({ length: 8 }, () => random.i64())];
    case 'f32':
      return [...FLOATS, Number.NaN, ...Array.from({ length: 8 }, () => random.f64())].map(Math.fround);
    default:
      return [...FLOATS, Number.NaN, ...Array.from({ length: 8 }, () => random.f64())];
  }
}

const scalar = [...OPERATIONS.values()].filter((op) => ![...op.operands, op.result].includes('v128'));
const vector = [...OPERATIONS.values()].filter((op) => [...op.operands, op.result].includes('v128'));

describe('scalar operations', () => {
  it('agree on every backend', () => {
    const entries = scalar.map((info) => {
      const params = Object.fromEntries(info.operands.map((type, i) => [`p${i}`, { type }]));
      const f = fn(info.name.replace('.', '_'), { params, result: { type: info.result } });
      f.return(operation(info.name, Object.values(f.param)));
      return f.finish();
    });
    for (const entry of entries) verifyFunction(entry);
    const all = runs(entries);
    const random = new Random(1);
    for (const info of scalar) {
      const first = samples(info.operands[0]!, random);
      const second = info.operands[1] === undefined ? [0] : samples(info.operands[1], random);
      for (const a of first) {
        for (const b of second) {
          const args = info.operands.length === 1 ? [a] : [a, b];
          const found = all.map(({ kernels }) => outcome(() => kernels[info.name.replace('.', '_')]!(...args)));
          expect(found, `${info.name}(${args})`).toEqual([found[0], found[0], found[0]]);
        }
      }
    }
  });

  it('fold to the same constant', () => {
    const random = new Random(2);
    for (const info of scalar) {
      const f = fn('f', {
        params: Object.fromEntries(info.operands.map((type, i) => [`p${i}`, { type }])),
        result: { type: info.result },
      });
      f.return(operation(info.name, Object.values(f.param)));
      const [wasm] = runs([f.finish()]);
      for (let round = 0; round < 6; round++) {
        const args = info.operands.map((type) => random.pick(samples(type, random)));
        const constants = info.operands.map((type, i): Expression => {
          return { kind: 'constant', type, value: args[i] } as Expression;
        });
        const folded = operation(info.name, constants);
        if (folded.kind !== 'constant') continue;
        expect(outcome(() => folded.value)).toBe(outcome(() => wasm!.kernels.f!(...args)));
      }
    }
  });
});

describe('vector operations', () => {
  it('agree on every backend', () => {
    const random = new Random(3);
    const entries: KernelFunction[] = vector.map((info) => {
      const f = fn(info.name.replace('.', '_'), { params: { to: i32, from: i32 } });
      const operands = info.operands.map((type, i) =>
        load(type === 'v128' ? 'v128.load' : `${type}.load`, f.param.from, i * 16),
      );
      const lanes = Array.from({ length: info.lanes }, () => random.below(info.laneLimit));
      const result = operation(info.name, operands, lanes);
      f.do(store(info.result === 'v128' ? 'v128.store' : `${info.result}.store`, f.param.to, result));
      return f.finish();
    });
    for (const entry of entries) verifyFunction(entry);
    const all = runs(entries);
    const bytes = new Uint8Array(48);
    const blocks = all.map(({ memory }) => memory.allocateZeroed(64));
    for (const info of vector) {
      for (let round = 0; round < 30; round++) {
        fillOperands(bytes, random, /^f/.test(info.name));
        const results = all.map(({ memory, kernels }, i) => {
          const from = blocks[i]!;
          memory.u8.set(bytes, from);
          memory.u8.fill(0, from + 48, from + 64);
          kernels[info.name.replace('.', '_')]!(from + 48, from);
          return [...memory.bytes(from + 48, 16)];
        });
        expect(results[1], info.name).toEqual(results[0]);
        expect(results[2], info.name).toEqual(results[0]);
      }
    }
  });

  it('has lanes and constants', () => {
    const f = fn('f', { result: { type: 'i64' } });
    const vectorConstant = v128.const(Uint8Array.from({ length: 16 }, (_, i) => i));
    f.return(v128.lane('i64x2', vectorConstant, 1));
    for (const { kernels } of runs([f.finish()])) expect(kernels.f!()).toBe(0x0f0e0d0c0b0a0908n);
  });
});

/**
 * Few distinct bytes, so that comparisons are often equal; whole numbers where lanes are floats, so that no NaN comes
 * up.
 */
function fillOperands(bytes: Uint8Array, random: Random, floats: boolean): void {
  if (floats) {
    new Float64Array(bytes.buffer).forEach((_, i, list) => {
      list[i] = random.below(4) - 2;
    });
    return;
  }
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.pick([0, 1, 127, 128, 200, 255, 3, random.below(256)]);
}

describe('memory accesses', () => {
  it('agree on every backend, at any alignment, with any offset', () => {
    const loads = [...LOADS.values()].map((info) => {
      const f = fn(info.name.replace('.', '_'), { params: { to: i32, from: i32 } });
      f.do(store(`${info.type}.store`, f.param.to, load(info.name, f.param.from, 3)));
      return f.finish();
    });
    const stores = [...STORES.values()].map((info) => {
      const f = fn(info.name.replace('.', '_'), { params: { to: i32, from: i32 } });
      f.do(store(info.name, f.param.to, load(`${info.type}.load`, f.param.from), 5));
      return f.finish();
    });
    const all = runs([...loads, ...stores]);
    for (const { name } of [...loads, ...stores]) {
      const results = all.map(({ memory, kernels }) => {
        const block = memory.allocateZeroed(256);
        for (let i = 0; i < 64; i++) memory.u8[block + i] = i * 37 + 129;
        kernels[name]!(block + 131, block + 1);
        const end = memory.byteLength;
        return [
          [...memory.bytes(block + 128, 40)],
          outcome(() => kernels[name]!(block, end - 3)),
          outcome(() => kernels[name]!(-1, block)),
        ];
      });
      expect(results[1], name).toEqual(results[0]);
      expect(results[2], name).toEqual(results[0]);
      expect(results[0]![2]).toBe('trap: memory access out of bounds');
    }
  });
});
