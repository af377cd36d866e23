import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderOfKeys } from '../../../../src/operators/stream/sorted/key-order.ts';
import { radixOrder, wordsOfNumbers } from '../../../../src/operators/stream/sorted/radix-order.ts';
import { compareKeys } from '../../../../src/state/keyed/keys.ts';

/** More than are compared with one another. */
const many = { minLength: 64, maxLength: 200 };
const letters = fc.constantFrom('a', 'b', '\0', 'ÿ');

describe('many keys are in the order in which two of them are', () => {
  test.each<readonly [string, fc.Arbitrary<unknown>]>([
    ['numbers', fc.oneof(fc.double(), fc.integer({ min: -300, max: 300 }))],
    ['strings', fc.string({ unit: 'binary', maxLength: 12 })],
    ['strings of few letters', fc.string({ unit: letters, maxLength: 12 })],
    ['strings that begin alike', fc.string({ unit: letters, maxLength: 12 }).map((text) => `all begin so ${text}`)],
    [
      'keys of all types',
      fc.oneof(fc.double(), fc.string(), fc.boolean(), fc.bigInt(), fc.tuple(fc.nat(), fc.string())),
    ],
  ])('%s', (_name, key) => {
    fc.assert(
      fc.property(fc.array(key, many), (keys) => {
        const sorted = Array.from(orderOfKeys(keys), (i) => keys[i]);
        expect([...sorted].sort(compareKeys).map(String)).toEqual(sorted.map(String));
        expect(new Set(Array.from(orderOfKeys(keys))).size).toBe(keys.length);
      }),
    );
  });
});

test('whole numbers that are near one another, and others', () => {
  const far = 2 ** 52;
  for (const values of [
    Array.from({ length: 5000 }, (_, i) => far + ((i * 7919) % 4001) * 1_000_000),
    Array.from({ length: 5000 }, (_, i) => (((i * 7919) % 4001) - 2000) * 2 ** 33),
    [2 ** 32 - 1, 0, -0],
    [2 ** 32, 0, -1],
  ]) {
    const expected = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b);
    expect([...radixOrder(wordsOfNumbers(values))]).toEqual(expected);
  }
});

test('numbers that are equal stay as they came, zeros of both signs too', () => {
  const values = [5, Number.NaN, 0, -0, -1, 0, Number.NEGATIVE_INFINITY, 5, Number.NaN, Number.MIN_VALUE];
  expect([...radixOrder(wordsOfNumbers(values))]).toEqual([6, 4, 2, 3, 5, 9, 0, 7, 1, 8]);
  expect(radixOrder(wordsOfNumbers([])).length).toBe(0);
});
