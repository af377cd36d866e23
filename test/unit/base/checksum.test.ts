import { expect, test } from 'vitest';
import { checksum } from '../../../src/base/checksum.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

// Published values of CRC-32.
test.each([
  ['', 0],
  ['a', 0xe8b7be43],
  ['123456789', 0xcbf43926],
  ['The quick brown fox jumps over the lazy dog', 0x414fa339],
])('CRC-32 of %j', (text, expected) => {
  expect(checksum(bytes(text))).toBe(expected);
});

test('pieces give the sum of the whole, in memory that threads share too', () => {
  const whole = new Uint8Array(new SharedArrayBuffer(1000)).map((_, i) => (i * 31) & 0xff);
  for (const step of [1, 3, 64, 999]) {
    let sum = 0;
    for (let at = 0; at < whole.length; at += step) sum = checksum(whole.subarray(at, at + step), sum);
    expect(sum).toBe(checksum(whole));
  }
});
