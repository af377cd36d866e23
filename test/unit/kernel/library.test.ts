import { describe, expect, it } from 'vitest';
import { bytesLibrary } from '../../../src/kernel/library/bytes.ts';
import { hashLibrary } from '../../../src/kernel/library/hash.ts';
import { MERGE_SORT_STATE_BYTES, RADIX_COUNT_BYTES, sortLibrary } from '../../../src/kernel/library/sort.ts';
import { compileProgram, type ProgramOptions } from '../../../src/kernel/program.ts';
import type { KernelLibrary } from '../../../src/kernel/text.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { Random, runs } from './harness.ts';

/** All functions of a library as WebAssembly; the other backends are compared where they are fast enough. */
function compile(library: KernelLibrary, options: ProgramOptions = {}) {
  const memory = new LinearMemory({ maximum: 256 << 20 });
  const entries = library.names.map((name) => library.get(name));
  return { memory, k: compileProgram(entries, { ...options, memory, backend: 'wasm' }) };
}

function put(memory: LinearMemory, bytes: Uint8Array): number {
  const pointer = memory.allocate(bytes.length);
  memory.u8.set(bytes, pointer);
  return pointer;
}

/** Text over few letters, so that common prefixes and repeats come up. */
function word(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.pick([97, 97, 98, 200]));
}

describe('bytes', () => {
  const { memory, k } = compile(bytesLibrary);
  const view = (pointer: number, length: number) => (BigInt(length) << 32n) | BigInt(pointer);

  it('compares as memcmp does, and equal only if all is equal', () => {
    const random = new Random(4);
    for (let round = 0; round < 3000; round++) {
      const a = word(random, random.below(20));
      const b = random.below(2) === 0 ? word(random, random.below(20)) : Uint8Array.from([...a, ...word(random, 1)]);
      if (random.below(3) === 0 && b.length > 3) b[random.below(b.length)] = 0;
      const [pa, pb] = [put(memory, a), put(memory, b)];
      const expected = Buffer.compare(a, b);
      expect(k.bytes_compare!(pa, a.length, pb, b.length)).toBe(expected);
      expect(k.view_compare!(view(pa, a.length), view(pb, b.length))).toBe(expected);
      expect(k.view_equal!(view(pa, a.length), view(pb, b.length))).toBe(Number(expected === 0));
      const n = Math.min(a.length, b.length);
      const same = Buffer.compare(a.subarray(0, n), b.subarray(0, n)) === 0;
      expect(k.bytes_equal!(pa, pb, n)).toBe(Number(same));
      memory.free(pa);
      memory.free(pb);
    }
  });

  it('finds the first occurrence', () => {
    const random = new Random(5);
    for (let round = 0; round < 3000; round++) {
      const text = word(random, random.below(70));
      const needle = word(random, random.below(6));
      const [pt, pn] = [put(memory, text), put(memory, needle)];
      expect(k.bytes_find!(pt, text.length, pn, needle.length)).toBe(Buffer.from(text).indexOf(needle));
      memory.free(pt);
      memory.free(pn);
    }
  });

  it('counts characters and finds offsets in UTF-8', () => {
    for (const text of [
      '',
      'a',
      'grün',
      '日本語テキスト',
      'a😀b😀'.repeat(9),
      'plain ascii, more than sixteen bytes',
    ]) {
      const bytes = Buffer.from(text);
      const p = put(memory, bytes);
      const characters = [...text];
      expect(k.utf8_length!(p, bytes.length)).toBe(characters.length);
      expect(k.utf16_length!(p, bytes.length)).toBe(text.length);
      expect(k.bytes_is_ascii!(p, bytes.length)).toBe(Number(bytes.length === text.length));
      for (let i = 0; i <= characters.length + 1; i++) {
        const offset = Buffer.from(characters.slice(0, i).join('')).length;
        expect(k.utf8_offset!(p, bytes.length, i)).toBe(offset);
      }
    }
  });

  it('changes case of ASCII letters only', () => {
    const text = Buffer.from('Hello, Wörld @[`{ zZaA');
    const [from, to] = [put(memory, text), memory.allocate(100)];
    k.ascii_upper!(to, from, text.length);
    expect(Buffer.from(memory.bytes(to, text.length)).toString()).toBe('HELLO, WöRLD @[`{ ZZAA');
    k.ascii_lower!(to, from, text.length);
    expect(Buffer.from(memory.bytes(to, text.length)).toString()).toBe('hello, wörld @[`{ zzaa');
  });

  it('copies any length', () => {
    for (const n of [0, 1, 7, 8, 9, 63, 64, 65, 200]) {
      const from = put(
        memory,
        Uint8Array.from({ length: n }, (_, i) => i + 1),
      );
      const to = memory.allocateZeroed(n + 8);
      k.bytes_copy!(to, from, n);
      expect([...memory.bytes(to, n + 1)]).toEqual([...memory.bytes(from, n), 0]);
    }
  });
});

describe('hash', () => {
  it('is the same on every backend', () => {
    const found = runs(hashLibrary.names.map((name) => hashLibrary.get(name))).map(({ memory, kernels }) => {
      const p = put(memory, Buffer.from('the quick brown fox'));
      return [
        ...[0, 1, 7, 8, 9, 19].map((n) => kernels.hash_bytes!(p, n)),
        kernels.hash_i64!(-5n),
        kernels.hash_i32!(-5),
        kernels.hash_i128!(1n, 2n),
        kernels.hash_combine!(1n, 2n),
      ];
    });
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
    expect(found[0]![6]).toBe(found[0]![7]);
    expect(new Set(found[0]).size).toBe(found[0]!.length - 1);
  });

  it('spreads runs, strides and short strings over low and high bits', () => {
    const { memory, k } = compile(hashLibrary);
    const p = memory.allocate(16);
    const families: ((i: number) => bigint)[] = [
      (i) => k.hash_i64!(BigInt(i)) as bigint,
      (i) => k.hash_i64!(BigInt(i) << 20n) as bigint,
      (i) => k.hash_i64!(BigInt(i) << 40n) as bigint,
      (i) => k.hash_i64!(BigInt(i) * 1000n) as bigint,
      (i) => k.hash_i64!(new BigInt64Array(Float64Array.of(i + 1).buffer)[0]!) as bigint,
      (i) => k.hash_combine!(k.hash_i64!(BigInt(i & 63)) as bigint, BigInt(i >> 6)) as bigint,
      (i) => {
        const text = Buffer.from(`key-${i}`);
        memory.u8.set(text, p);
        return k.hash_bytes!(p, text.length) as bigint;
      },
    ];
    for (const [index, family] of families.entries()) {
      for (const shift of [0n, 20n, 52n]) {
        const used = new Set<bigint>();
        for (let i = 0; i < 4096; i++) used.add((family(i) >> shift) & 4095n);
        // 4096 balls in 4096 bins leave 1 - 1/e = 63 % of the bins taken when thrown at random.
        expect(used.size, `family ${index}, bits from ${shift}`).toBeGreaterThan(4096 * 0.5);
      }
    }
  });
});

describe('sort', () => {
  it.each([0, 1, 2, 300, 5000])('radix_sort sorts %i pairs by unsigned key, stably', (n) => {
    const { memory, k } = compile(sortLibrary, { externs: { less: () => 0 } });
    const random = new Random(6);
    const keys = Array.from({ length: n }, () => BigInt.asUintN(64, random.below(3) ? random.i64() : 5n));
    const [pairs, other] = [memory.allocate(n * 16 + 16), memory.allocate(n * 16 + 16)];
    keys.forEach((key, i) => {
      memory.i64[pairs / 8 + i * 2] = key;
      memory.i32[pairs / 4 + i * 4 + 2] = i;
    });
    const sorted = (k.radix_sort!(pairs, other, n, memory.allocate(RADIX_COUNT_BYTES)) as number) >>> 0;
    const found = keys.map((_, i) => memory.i32[sorted / 4 + i * 4 + 2]!);
    const expected = keys.map((_, i) => i).sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b));
    expect(found).toEqual(expected);
  });

  it('radix_partition keeps the order within a part', () => {
    const { memory, k } = compile(sortLibrary, { externs: { less: () => 0 } });
    const random = new Random(7);
    const n = 1000;
    const keys = Array.from({ length: n }, () => random.i64());
    const [pairs, other, counts] = [memory.allocate(n * 16), memory.allocate(n * 16), memory.allocate(9 * 4)];
    keys.forEach((key, i) => {
      memory.i64[pairs / 8 + i * 2] = key;
      memory.i32[pairs / 4 + i * 4 + 2] = i;
    });
    k.radix_partition!(pairs, other, n, 5n, 7, counts);
    const starts = [...memory.i32.subarray(counts / 4, counts / 4 + 9)];
    expect([starts[0], starts[8]]).toEqual([0, n]);
    for (let part = 0; part < 8; part++) {
      const rows = [];
      for (let i = starts[part]!; i < starts[part + 1]!; i++) rows.push(memory.i32[other / 4 + i * 4 + 2]!);
      expect(rows).toEqual(keys.flatMap((key, i) => (((key >> 5n) & 7n) === BigInt(part) ? [i] : [])));
    }
  });

  it.each([0, 1, 15, 16, 17, 33, 100, 4097])('merge_sort_step sorts %i rows in small steps, stably', (n) => {
    const random = new Random(8);
    const keys = Array.from({ length: n }, () => random.below(50));
    let calls = 0;
    const less = (a: number, b: number) => {
      calls++;
      return Number(keys[a]! < keys[b]!);
    };
    const { memory, k } = compile(sortLibrary, { externs: { less } });
    const [rows, other, state] = [n * 4 + 4, n * 4 + 4, MERGE_SORT_STATE_BYTES].map((size) => memory.allocate(size));
    for (let i = 0; i < n; i++) memory.i32[rows! / 4 + i] = i;
    k.merge_sort_begin!(state!, rows!, other!, n);
    let result = 0;
    for (let steps = 0; result === 0; steps++) {
      expect(steps).toBeLessThan(10_000);
      const before = calls;
      result = (k.merge_sort_step!(state!, 100) as number) >>> 0;
      expect(calls - before).toBeLessThan(100 * 20);
    }
    const expected = keys.map((_, i) => i).sort((a, b) => keys[a]! - keys[b]! || a - b);
    expect([...memory.i32.subarray(result / 4, result / 4 + n)]).toEqual(expected);
  });
});
