import { expect, test } from 'vitest';
import { checksum } from '../../../src/base/checksum.ts';
import { BatchSum } from '../../../src/columnar/arrow/batch-sum.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { type Backend, kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';

/** XXH64 as its specification has it, one step after another. */
function xxh64(bytes: Uint8Array, seed: bigint): bigint {
  const [P1, P2, P3] = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n];
  const [P4, P5] = [0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n];
  const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
  const rotl = (value: bigint, by: bigint): bigint => u64((value << by) | (value >> (64n - by)));
  const round = (sum: bigint, lane: bigint): bigint => u64(rotl(u64(sum + lane * P2), 31n) * P1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let hash = u64(seed + P5);
  if (bytes.length >= 32) {
    let sums = [seed + P1 + P2, seed + P2, seed, seed - P1].map(u64);
    for (; at + 32 <= bytes.length; at += 32) sums = sums.map((v, i) => round(v, view.getBigUint64(at + i * 8, true)));
    hash = u64(sums.reduce((sum, v, i) => sum + rotl(v, [1n, 7n, 12n, 18n][i]!), 0n));
    for (const v of sums) hash = u64((hash ^ round(0n, v)) * P1 + P4);
  }
  hash = u64(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    hash = u64(rotl(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * P1 + P4);
  }
  for (; at + 4 <= bytes.length; at += 4) {
    hash = u64(rotl(hash ^ u64(BigInt(view.getUint32(at, true)) * P1), 23n) * P2 + P3);
  }
  for (; at < bytes.length; at++) hash = u64(rotl(hash ^ u64(BigInt(bytes[at]!) * P5), 11n) * P1);
  hash = u64((hash ^ (hash >> 33n)) * P2);
  hash = u64((hash ^ (hash >> 29n)) * P3);
  return hash ^ (hash >> 32n);
}

test('the reference gives the published values', () => {
  const of = (text: string): string => xxh64(new TextEncoder().encode(text), 0n).toString(16);
  expect(of('')).toBe('ef46db3751d8e999');
  expect(of('Nobody inspects the spammish repetition')).toBe('fbcea83c8a378bf1');
});

test.each(['wasm', 'interpreter'] as const)('a body in parts has the XXH64 of the padded whole (%s)', (backend) => {
  const memory = new LinearMemory();
  const sum = new BatchSum(memory, kernelCompiler(memory, new ModuleCache(), backend as Backend));
  const message = Uint8Array.of(1, 2, 3);
  for (const lengths of [[], [1], [8, 0, 31], [32, 33], [63, 64, 65], [100, 7, 129, 1000]]) {
    const whole: number[] = [];
    const parts = lengths.map((length, part) => {
      const bytes = Array.from({ length }, (_, i) => (i * 37 + part * 101 + 255) & 255);
      whole.push(...bytes, ...new Array<number>((64 - (length & 63)) & 63).fill(0));
      const address = memory.allocate(length + 64);
      memory.fill(address, 0xee, length + 64);
      memory.u8.set(bytes, address);
      return { address, length };
    });
    const hash = xxh64(Uint8Array.from(whole), BigInt(checksum(message)));
    expect(sum.of(message, parts)).toBe(Number((hash ^ (hash >> 32n)) & 0xffffffffn));
  }
  sum.close();
});
