import { describe, expect, it } from 'vitest';
import { InvariantError } from '../../../src/base/assert.ts';
import { emitJavaScript } from '../../../src/kernel/backends/javascript.ts';
import {
  and,
  call,
  extern,
  type F64,
  f64,
  type I32,
  i32,
  i64,
  libraryFunction,
  not,
  select,
} from '../../../src/kernel/build.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { fn } from '../../../src/kernel/function-builder.ts';
import type { Expression } from '../../../src/kernel/ir.ts';
import { hashLibrary } from '../../../src/kernel/library/hash.ts';
import { link } from '../../../src/kernel/link.ts';
import { printFunction } from '../../../src/kernel/print.ts';
import { compileProgram, kernelCompiler } from '../../../src/kernel/program.ts';
import { verifyFunction } from '../../../src/kernel/verify.ts';
import { BACKENDS, runs, smallMemory } from './harness.ts';

/** The text of an expression of x (i32) and y (i64). */
function text(make: (x: I32, y: ReturnType<typeof i64.const>) => Expression): string {
  const f = fn('f', { params: { x: i32, y: i64 } });
  f.do(make(f.param.x, f.param.y));
  return /drop\((.*)\);/.exec(printFunction(f.finish()))![1]!;
}

describe('combinators', () => {
  it('simplify', () => {
    expect(text((x) => i32.add(i32.add(x, i32.const(2)), i32.const(3)))).toBe('x + 5');
    expect(text((x) => i32.add(i32.const(2), i32.sub(x, i32.const(2))))).toBe('x');
    expect(text((x) => i32.mul(x, i32.const(8)))).toBe('x << 3');
    expect(text((_, y) => i64.mul(i64.const(0x4000_0000_0000_0000n), y))).toBe('y << 62L');
    expect(text((x) => i32.and(x, i32.const(-1)))).toBe('x');
    expect(text((x) => not(i32.lt_u(x, i32.const(7))))).toBe('geu(x, 7)');
    expect(text((x) => select(i32.const(1), x, i32.const(3)))).toBe('x');
    expect(text((x) => and(i32.const(0), x))).toBe('0');
    expect(text((x) => i32.load(i32.add(x, i32.const(8)), 4))).toBe('load.i32(x, 12)');
    expect(text((x) => i32.load(i32.sub(x, i32.const(8))))).toBe('load.i32(x + -8)');
    expect(text(() => i32.div_s(i32.const(7), i32.const(0)))).toBe('i32(7) / 0');
    expect(text(() => f64.div(f64.const(7), f64.const(0)))).toBe('inf');
  });

  it('check types at once', () => {
    const wrong = i64.const(1) as unknown as I32;
    expect(() => i32.add(i32.const(1), wrong)).toThrow(InvariantError);
    expect(() => i32.load(wrong)).toThrow('an address takes i32, but got i64');
    expect(() => select(i32.const(1), f64.const(1), wrong as unknown as F64)).toThrow(InvariantError);
    const f = fn('f', { params: { x: i32 }, result: i32 });
    expect(() => f.set(f.param.x, wrong)).toThrow('an assignment in f takes i32, but got i64');
    expect(() => f.return(wrong)).toThrow('the result of f takes i32');
    expect(() => f.return()).toThrow('with or without a value');
    expect(() => f.get('y')).toThrow('f has no variable y');
    expect(() => call(extern('e', ['i32'], undefined), wrong)).toThrow('argument 1 of e takes i32');
  });
});

describe('programs', () => {
  const sum = () => {
    const f = fn('sum', { params: { column: i32, n: i32 }, result: i64 });
    const total = f.let('total', i64.const(0));
    f.for('i', i32.const(0), f.param.n, (i) => {
      const value = f.let('value', i64.load(i32.add(f.param.column, i32.shl(i, i32.const(3)))));
      f.if(i64.lt_s(value, i64.const(0)), () => f.continue());
      f.set(total, i64.add(total, value));
    });
    f.return(total);
    return f.finish();
  };

  it('run on linear memory', () => {
    for (const { memory, kernels } of runs([sum()])) {
      const column = memory.allocate(40);
      [5n, -1n, 2n ** 40n, -7n, 3n].forEach((value, i) => {
        memory.i64[column / 8 + i] = value;
      });
      expect(kernels.sum!(column, 5)).toBe(2n ** 40n + 8n);
    }
  });

  it('are compiled once per shape', () => {
    const cache = new ModuleCache();
    const memory = smallMemory();
    const compiler = kernelCompiler(memory, cache);
    compiler.compile([sum()]);
    compiler.compile([sum()]);
    expect(cache.statistics).toEqual({ hits: 1, misses: 1 });
  });

  it('contain only what the entries reach', () => {
    const f = fn('f', { params: { x: i64 }, result: i64 });
    f.return(call(libraryFunction(hashLibrary, 'hash_i64'), f.param.x));
    expect(link([f.finish()]).functions.map((one) => one.name)).toEqual(['f', 'hash_i64']);
  });

  it('bind calls by name to functions given with them', () => {
    const less = fn('less', { params: { a: i32, b: i32 }, result: i32 });
    less.return(i32.gt_s(less.param.a, less.param.b));
    const f = fn('f', { result: i32 });
    f.return(call(extern('less', ['i32', 'i32'], 'i32'), i32.const(2), i32.const(1)));
    for (const { kernels } of runs([f.finish()], { functions: [less.finish()] })) expect(kernels.f!()).toBe(1);
    expect(() => runs([f.finish()])).toThrow('which is neither a function nor an extern of it');
  });

  it('let exceptions of externs through', () => {
    const f = fn('f');
    f.do(call(extern('fail', [], undefined)));
    const fail = () => {
      throw new RangeError('from outside');
    };
    for (const { kernels } of runs([f.finish()], { externs: { fail } })) expect(kernels.f!).toThrow('from outside');
  });

  it('see memory that an extern has grown', () => {
    const f = fn('f', { result: i32 });
    const p = f.let('p', call(extern('allocate', ['i32'], 'i32'), i32.const(10 << 20)));
    f.do(i32.store(p, i32.const(77), (10 << 20) - 4));
    f.return(i32.load(p, (10 << 20) - 4));
    const memory = smallMemory();
    for (const backend of ['wasm', 'js', 'interpreter'] as const) {
      const allocate = (bytes: number) => memory.allocate(bytes);
      expect(compileProgram([f.finish()], { memory, backend, externs: { allocate } }).f!()).toBe(77);
    }
  });

  it('import addresses: a program whose memory lies elsewhere has the same module', () => {
    const reading = (address: number, view: bigint) => {
      const f = fn('f', { params: { offset: i32 }, result: i64 });
      const word = i64.load(i32.add(i32.address(address), f.param.offset), 8);
      f.return(i64.xor(i64.xor(word, i64.load(i32.address(address), 8)), i64.address(view)));
      return f.finish();
    };
    const cache = new ModuleCache();
    for (const backend of BACKENDS) {
      for (let padding = 8; padding <= 32; padding += 8) {
        const memory = smallMemory();
        memory.allocate(padding);
        const block = memory.allocate(24);
        memory.i64.set([1n, 2n, 4n], block >>> 3);
        const view = BigInt(block) | (5n << 32n);
        const { f } = compileProgram([reading(block, view)], { memory, backend, cache });
        expect(f!(8)).toBe(4n ^ 2n ^ view);
      }
    }
    expect(cache.statistics).toEqual({ hits: 3, misses: 1 });
  });

  it('read as JavaScript', () => {
    expect(emitJavaScript(link([sum()]))).toContain("runtime.load('i64.load', (_column + (_i << 3) | 0), 0)");
  });
});

describe('verifyFunction', () => {
  it('finds what is wrong', () => {
    const bad = (change: (f: ReturnType<typeof fn>) => void) => {
      const f = fn('f');
      change(f);
      return () => verifyFunction(f.finish());
    };
    expect(bad((f) => f.break())).toThrow('break  outside of it');
    expect(bad((f) => f.block('b', () => f.continue('b')))).toThrow('continue of block b');
    expect(bad((f) => f.do({ kind: 'set', index: 3, value: i32.const(1) }))).toThrow('no local 3');
    expect(bad((f) => f.do({ kind: 'evaluate', value: { kind: 'local', index: 0, type: 'i64' } }))).toThrow('local 0');
  });
});

describe('traps in WebAssembly', () => {
  it('name the kernel in the stack, for whoever debugs it', () => {
    const f = fn('broken_kernel');
    f.trap();
    const [wasm] = runs([f.finish()]);
    let stack = '';
    try {
      wasm!.kernels.broken_kernel!();
    } catch (error) {
      stack = (error as Error).stack ?? '';
    }
    expect(stack).toContain('broken_kernel');
  });
});
