import { describe, expect, it } from 'vitest';
import { and, f64, i32, i64, or, select } from '../../../src/kernel/build.ts';
import { fn } from '../../../src/kernel/function-builder.ts';
import type { KernelFunction } from '../../../src/kernel/ir.ts';
import { bytesLibrary } from '../../../src/kernel/library/bytes.ts';
import { hashLibrary } from '../../../src/kernel/library/hash.ts';
import { int128Library } from '../../../src/kernel/library/int128.ts';
import { sortLibrary } from '../../../src/kernel/library/sort.ts';
import { link } from '../../../src/kernel/link.ts';
import { printFunction, printProgram } from '../../../src/kernel/print.ts';
import { KernelLibrary, kernels, parseFunction } from '../../../src/kernel/text.ts';
import { verifyFunction } from '../../../src/kernel/verify.ts';
import { runs } from './harness.ts';

/** The IR without the libraries that calls point to. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, part) => {
      if (key === 'library') return undefined;
      if (typeof part === 'bigint') return `${part}n`;
      return Object.is(part, -0) ? '-0' : typeof part === 'number' && !Number.isFinite(part) ? String(part) : part;
    }),
  );
}

const LIBRARIES = [bytesLibrary, hashLibrary, int128Library, sortLibrary];

describe('printing', () => {
  it.each(LIBRARIES.map((library) => [library.name, library] as const))('reads back: %s', (_, library) => {
    const functions = library.names.map((name) => library.get(name));
    const text = printProgram(link(functions));
    const again = new KernelLibrary('again', text);
    for (const definition of functions) {
      verifyFunction(definition);
      expect(plain(again.get(definition.name)), definition.name).toEqual(plain(definition));
    }
  });

  it('reads back what a builder makes', () => {
    const f = fn('f', { params: { a: i32, b: i64, c: f64 }, result: f64 });
    const { a, b, c } = f.param;
    const x = f.let('x', i32.sub(i32.const(0), i32.mul(i32.add(a, i32.const(3)), i32.sub(a, i32.const(-5)))));
    const y = f.let('x', select(and(a, or(i64.eqz(b), f64.lt(c, f64.const(-0)))), i64.const(-7n), b));
    f.loop({
      label: 'outer',
      condition: i32.lt_u(x, i32.const(-1)),
      body: () => {
        f.if(i32.eqz(x), () => f.continue('outer'));
        f.block('inner', () => {
          f.switch(x, [
            [0, () => f.break('inner')],
            [[1, 5], () => f.break('outer')],
          ]);
        });
      },
      step: () => f.if(i64.gt_s(y, i64.const(0)), () => f.set(x, i32.add(x, i32.const(1)))),
    });
    f.do(i32.store(a, i32.div_s(i32.const(1), i32.const(0)), 12));
    f.return(f64.add(f64.const(Number.POSITIVE_INFINITY), f64.neg(f64.mul(c, f64.const(1e-300)))));
    const definition = f.finish();
    verifyFunction(definition);
    const text = printFunction(definition);
    expect(plain(parseFunction(text)), text).toEqual(plain(definition));
  });
});

describe('text', () => {
  const evaluate = (source: string, ...args: (number | bigint)[]) => {
    const definition: KernelFunction = parseFunction(source);
    verifyFunction(definition);
    const [first, ...others] = runs([definition]).map(({ kernels: compiled }) => compiled[definition.name]!(...args));
    for (const other of others) expect(other).toEqual(first);
    return first;
  };

  it('has precedence as in C and the types of operands', () => {
    expect(evaluate('fn f(): i32 { return 2 + 3 * 4 - 10 / 3 % 2 << 1 | 1; }')).toBe(((2 + 3 * 4 - 1) << 1) | 1);
    expect(evaluate('fn f(a: i32): i32 { return (a - 1 - 2 & 7) == 7; }', 10)).toBe(1);
    expect(evaluate('fn f(a: i64): i64 { return -a * 3 + 0x10 >>> 1; }', 2n)).toBe(5n);
    expect(evaluate('fn f(a: f64): f64 { return a / 2 + 1; }', 3)).toBe(2.5);
    expect(evaluate('fn f(a: i32): i32 { return a > 1 && a < 5 || a == 9; }', 9)).toBe(1);
    expect(evaluate('fn f(a: i32): i32 { return ~a + !a; }', 0)).toBe(0);
    expect(evaluate('fn f(a: i32): i64 { return a < 0 ? -1L : u64(a); }', -3)).toBe(-1n);
    expect(evaluate('fn f(a: i64): i32 { return i32(rotl(a, 4) & 0xff) + clz(i32(a)); }', 0x1fn)).toBe(0xf0 + 27);
    expect(evaluate('fn f(a: f64): i32 { return i32(min(a, 3.5)) + u32(bits(1.5f)) * 0; }', 100)).toBe(3);
    expect(evaluate('fn f(): f32 { return f32(1) / 3; }')).toBe(Math.fround(1 / 3));
  });

  it('does not evaluate what && and ?: leave out', () => {
    expect(evaluate('fn f(a: i32): i32 { return a != 0 && 10 / a > 2; }', 0)).toBe(0);
    expect(evaluate('fn f(a: i32): i32 { return a == 0 ? -1 : 10 / a; }', 0)).toBe(-1);
  });

  it('has loops with break and continue, also of outer loops', () => {
    const source = `fn f(n: i32): i32 {
      let sum = 0;
      outer: for (let i = 0; i < n; i += 1) {
        for (let j = 0; ; j += 1) {
          if (j > i) continue outer;
          if (i * j > 30) break outer;
          if ((j & 1) == 1) continue;
          sum += i * 100 + j;
        }
      }
      while (sum > 10000) sum -= 7;
      loop { sum += 1; if (sum % 5 == 0) break; }
      skip: { if (n > 3) break skip; sum = -1; }
      return sum;
    }`;
    const model = (n: number) => {
      let sum = 0;
      outer: for (let i = 0; i < n; i++) {
        for (let j = 0; ; j++) {
          if (j > i) continue outer;
          if (i * j > 30) break outer;
          if ((j & 1) === 1) continue;
          sum += i * 100 + j;
        }
      }
      while (sum > 10000) sum -= 7;
      for (;;) if (++sum % 5 === 0) break;
      return n > 3 ? sum : -1;
    };
    for (const n of [0, 3, 4, 5, 8, 20]) expect(evaluate(source, n)).toBe(model(n));
  });

  it('runs the step of a loop after continue', () => {
    const source = `fn f(): i32 {
      let i = 0; let odd = 0;
      while (i < 10) { if ((i & 1) == 0) continue; odd += i; } step { if (i < 100) i += 1; }
      return odd * 100 + i;
    }`;
    expect(evaluate(source)).toBe(2510);
  });

  it('has switch without falling through', () => {
    const source = `fn f(a: i32): i32 {
      let r = 0;
      switch (a) { case 0, 3: { r = 10; } case 1: { r = 20; } default: { r = 30; } }
      while (1) { switch (a) { case 1: { break; } default: { r += 1; break; } } }
      return r;
    }`;
    expect([0, 1, 2, 3, 4, -1].map((a) => evaluate(source, a))).toEqual([11, 20, 31, 11, 31, 31]);
  });

  it('traps alike', () => {
    const source = `fn f(a: i32): i32 { if (a == 1) trap; return 0x80000000 / a; }`;
    const definition = parseFunction(source);
    for (const { kernels: compiled, backend } of runs([definition])) {
      expect(() => compiled.f!(1), backend).toThrow(/unreachable/);
      expect(() => compiled.f!(0), backend).toThrow(/divide by zero/);
      expect(() => compiled.f!(-1), backend).toThrow(/overflow|unrepresentable/);
    }
  });

  it('shares names between blocks', () => {
    expect(evaluate('fn f(): i32 { { let x = 5; } { let x: i64 = 7L; return i32(x); } }')).toBe(7);
  });

  it('calls other libraries, recurses, and has globals, constants and externs', () => {
    const base = kernels('base')`
      global counter: i64;
      const STEP: i64 = 1 << 33;
      fn advance(by: i32): i64 { counter += STEP * i64(by); return counter; }
      fn factorial(n: i32): i64 { if (n < 2) return 1; return i64(n) * factorial(n - 1); }
    `;
    const top = kernels('top', [base])`
      extern fn log(value: i64): i32;
      global counter: i64;
      fn run(n: i32): i64 { advance(1); advance(n); log(factorial(20)); return counter + i64(log(counter)); }
    `;
    for (const backend of [0, 1, 2]) {
      const seen: bigint[] = [];
      const log = (value: bigint) => seen.push(value);
      const { kernels: compiled } = runs([top.get('run')], { externs: { log } })[backend]!;
      expect(compiled.run!(2)).toBe(3n * 2n ** 33n + 2n);
      expect(seen).toEqual([2432902008176640000n, 3n * 2n ** 33n]);
    }
  });

  it('names the line of an error', () => {
    const fails = (source: string, message: string) => expect(() => parseFunction(source)).toThrow(message);
    fails('fn f(): i32 {\n  let a = 1;\n  return a + 1L;\n}', 'line 3: i32.add takes i32, but got i64');
    fails('fn f(): i32 {\n  return b;\n}', 'line 2: there is no variable b');
    fails('fn f(): i32 { return g(1); }', 'there is no function g');
    fails('fn f(a: i32): i32 { let a = 2; return a; }', 'a is declared already');
    fails('fn f(a: i33) { }', 'there is no type i33');
    fails('fn f(): i32 { return 5000000000; }', '5000000000 does not fit in i32');
    fails('fn f() { return 1; }', 'this function returns nothing');
    fails('fn f() { \n\n @ }', "line 3: unexpected '@'");
    fails('fn f() { while (1L) { } }', 'a condition takes i32, but got i64');
    fails('fn f() { ', "expected a statement, found 'the end'");
    fails('fn f() { }\n}', "line 2: expected fn, const, global or extern, found '}'");
    fails('1', 'no declaration begins a line');
  });
});
