import { describe, expect, it } from 'vitest';
import { global } from '../../../src/kernel/build.ts';
import { fn } from '../../../src/kernel/function-builder.ts';
import { int128Library } from '../../../src/kernel/library/int128.ts';
import type { CompiledKernel } from '../../../src/kernel/program.ts';
import { Random, runs } from './harness.ts';

const LOWEST = -(1n << 127n);
const HIGHEST = (1n << 127n) - 1n;

function getter(name: string, type: 'i64' | 'i32') {
  const f = fn(`get_${name}`, { result: { type } });
  f.return(global(name, type));
  return f.finish();
}

const entries = [
  ...int128Library.names.map((name) => int128Library.get(name)),
  getter('hi', 'i64'),
  getter('rem', 'i64'),
  getter('rem_hi', 'i64'),
  getter('overflow', 'i32'),
];
const [wasm, js] = runs(entries).map((run) => run.kernels);

const halves = (value: bigint): [bigint, bigint] => [BigInt.asIntN(64, value), value >> 64n];
const join = (low: bigint, high: bigint) => BigInt.asIntN(128, (high << 64n) | BigInt.asUintN(64, low));

function run(k: Record<string, CompiledKernel>, name: string, ...args: (bigint | number)[]): bigint {
  const flat = args.flatMap((arg): (bigint | number)[] => (typeof arg === 'bigint' ? halves(arg) : [arg]));
  const low = k[name]!(...flat) as bigint;
  return join(low, k.get_hi!() as bigint);
}

const saturated = (value: bigint) => (value > HIGHEST ? HIGHEST : value < LOWEST ? LOWEST : value);
const magnitude = (value: bigint) => (value < 0n ? -value : value);

/** a / b to the nearest, half away from zero. */
function halfUp(a: bigint, b: bigint): bigint {
  const quotient = (2n * magnitude(a) + magnitude(b)) / (2n * magnitude(b));
  return a < 0n !== b < 0n ? -quotient : quotient;
}

function operands(random: Random): bigint {
  const special = [0n, 1n, -1n, 10n, (1n << 63n) - 1n, -(1n << 63n), 1n << 64n, (1n << 64n) - 1n, HIGHEST];
  if (random.below(4) === 0) return random.pick([...special, -HIGHEST, 10n ** 38n - 1n, 5n * 10n ** 17n]);
  const wide = join(random.i64(), random.i64());
  return wide >> BigInt(random.below(127));
}

/** The binary operations by their model on BigInt; a division by zero is left out. */
const MODELS: Record<string, (a: bigint, b: bigint) => bigint> = {
  add_128: (a, b) => a + b,
  sub_128: (a, b) => a - b,
  mul_128: (a, b) => a * b,
  div_128: (a, b) => a / b,
  rem_128: (a, b) => a % b,
  div_round_128: halfUp,
};

describe('int128', () => {
  it.each(Object.keys(MODELS))('%s agrees with BigInt, saturating', (name) => {
    const random = new Random(11);
    for (let round = 0; round < 3000; round++) {
      const [a, b] = [operands(random), operands(random)];
      if (b === 0n && /div|rem/.test(name)) continue;
      const exact = MODELS[name]!(a, b);
      expect(run(wasm!, name, a, b), `${name}(${a}, ${b})`).toBe(saturated(exact));
      if (round < 100) expect(run(js!, name, a, b)).toBe(saturated(exact));
    }
  });

  it('sets overflow and keeps it', () => {
    const [fresh] = runs(entries).map((one) => one.kernels);
    run(fresh!, 'mul_128', HIGHEST, 1n);
    expect(fresh!.get_overflow!()).toBe(0);
    run(fresh!, 'mul_128', HIGHEST, 2n);
    run(fresh!, 'mul_128', 1n, 2n);
    expect(fresh!.get_overflow!()).toBe(1);
  });

  it('div_u128 gives quotient and remainder of unsigned numbers', () => {
    const random = new Random(12);
    const unsigned = (value: bigint) => BigInt.asUintN(128, value);
    for (let round = 0; round < 5000; round++) {
      const [a, b] = [operands(random), operands(random)];
      if (b === 0n) continue;
      const quotient = run(wasm!, 'div_u128', a, b);
      expect(unsigned(quotient), `${a} / ${b}`).toBe(unsigned(a) / unsigned(b));
      const remainder = join(wasm!.get_rem!() as bigint, wasm!.get_rem_hi!() as bigint);
      expect(unsigned(remainder)).toBe(unsigned(a) % unsigned(b));
    }
  });

  it('multiplies 64 by 64 bits exactly', () => {
    const random = new Random(13);
    for (let round = 0; round < 2000; round++) {
      const [a, b] = [random.i64(), random.i64()];
      const signed = wasm!.mul_64!(a, b) as bigint;
      expect(join(signed, wasm!.get_hi!() as bigint)).toBe(a * b);
      const plain = wasm!.mul_u64!(a, b) as bigint;
      const product = BigInt.asUintN(64, a) * BigInt.asUintN(64, b);
      expect(BigInt.asUintN(128, join(plain, wasm!.get_hi!() as bigint))).toBe(product);
    }
  });

  it('compares, negates and counts digits', () => {
    const random = new Random(14);
    for (let round = 0; round < 2000; round++) {
      const [a, b] = [operands(random), operands(random)];
      expect(wasm!.compare_128!(...halves(a), ...halves(b))).toBe(a < b ? -1 : Number(a > b));
      expect(run(wasm!, 'neg_128', a)).toBe(BigInt.asIntN(128, -a));
      const digits = random.below(39);
      expect(wasm!.fits_digits_128!(...halves(a), digits)).toBe(Number(magnitude(a) < 10n ** BigInt(digits)));
    }
    for (let k = 0; k <= 38; k++) expect(run(wasm!, 'pow10_128', k)).toBe(10n ** BigInt(k));
  });

  it('scales by powers of ten, HALF_UP', () => {
    expect(run(wasm!, 'scale_down_128', 25n, 1)).toBe(3n);
    expect(run(wasm!, 'scale_down_128', -25n, 1)).toBe(-3n);
    expect(run(wasm!, 'scale_down_128', 24n, 1)).toBe(2n);
    const random = new Random(15);
    for (let round = 0; round < 3000; round++) {
      const [a, b, k] = [operands(random), operands(random), random.below(39)];
      const power = 10n ** BigInt(k);
      expect(run(wasm!, 'scale_up_128', a, k), `${a} up ${k}`).toBe(saturated(a * power));
      expect(run(wasm!, 'scale_down_128', a, k), `${a} down ${k}`).toBe(halfUp(a, power));
      const product = run(wasm!, 'mul_scale_down_128', a, b, k);
      expect(product, `${a} * ${b} down ${k}`).toBe(saturated(halfUp(a * b, power)));
      if (b === 0n) continue;
      expect(run(wasm!, 'scale_up_div_128', a, b, k), `${a} up ${k} / ${b}`).toBe(saturated(halfUp(a * power, b)));
    }
  });

  it('traps on division by zero', () => {
    for (const k of [wasm!, js!]) expect(() => run(k, 'div_128', 5n, 0n)).toThrow('divide by zero');
  });

  it('converts to the nearest double', () => {
    const random = new Random(16);
    for (let round = 0; round < 3000; round++) {
      const a = operands(random);
      expect(wasm!.to_f64_128!(...halves(a)), String(a)).toBe(Number(a));
    }
  });
});
