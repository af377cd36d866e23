import { expect, test } from 'vitest';
import { Checksum, checksum } from '../../../src/base/checksum.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

// Published values of xxHash32 with seed 0.
test.each([
  ['', 0x02cc5d05],
  ['a', 0x550d7456],
  ['abc', 0x32d153ff],
  ['Nobody inspects the spammish repetition', 0xe2293b2f],
])('xxHash32 of %j', (text, expected) => {
  expect(checksum(bytes(text))).toBe(expected);
});

test('pieces of any length give the sum of the whole', () => {
  const whole = Uint8Array.from({ length: 1000 }, (_, i) => (i * 31) & 0xff);
  for (const step of [1, 3, 15, 16, 17, 64, 999]) {
    const sum = new Checksum();
    for (let at = 0; at < whole.length; at += step) sum.update(whole.subarray(at, at + step));
    expect(sum.digest()).toBe(checksum(whole));
  }
});

test('a part of a Buffer that begins between words has the sum of its bytes', () => {
  const pool = Buffer.from('..the quick brown fox jumps over the lazy dog, twice');
  for (const start of [1, 2, 3]) {
    const part = pool.subarray(start);
    expect(checksum(part)).toBe(checksum(Uint8Array.from(part)));
  }
});
