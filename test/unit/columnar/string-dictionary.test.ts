import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecordCodec } from '../../../src/columnar/records/record-codec.ts';
import { fromColumns } from '../../../src/columnar/records/record-columns.ts';
import { inferShape } from '../../../src/columnar/records/record-shape.ts';
import { StringDictionary } from '../../../src/columnar/records/string-dictionary.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { decodePlain, encodePlain } from '../../../src/state/plain-data.ts';

/** Looks strings up that lie one after another, the first of them after `padding` bytes. */
function lookUp(dictionary: StringDictionary, strings: readonly string[], padding: number): number[] {
  const encoded = strings.map((text) => Buffer.from(text, 'utf8'));
  const bytes = Buffer.concat([Buffer.alloc(padding, 0xff), ...encoded]);
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  let start = padding;
  return encoded.map(({ length }) => {
    const index = dictionary.indexOf(words, start, length);
    start += length;
    return index;
  });
}

describe('a dictionary of strings', () => {
  test('has one index for equal strings, wherever they lie', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom('', 'a', 'ab', 'abcd', 'abcde'),
    );
    fc.assert(
      fc.property(fc.array(text), fc.array(text), fc.nat(7), (first, second, padding) => {
        const dictionary = new StringDictionary();
        const known = new Map<string, number>();
        for (const strings of [first, second, first]) {
          for (const [i, index] of lookUp(dictionary, strings, padding).entries()) {
            expect(dictionary.strings[index]).toBe(strings[i]);
            expect(known.get(strings[i]!) ?? index).toBe(index);
            known.set(strings[i]!, index);
          }
        }
        expect(dictionary.strings.length).toBe(known.size);
      }),
    );
  });

  test('tells zeros from the end of a string', () => {
    expect(lookUp(new StringDictionary(), ['', '\0', '\0\0', 'a', 'a\0', 'a\0\0\0', 'a\0\0\0\0'], 1)).toEqual([
      0, 1, 2, 3, 4, 5, 6,
    ]);
  });

  test('grows', () => {
    const dictionary = new StringDictionary();
    const strings = Array.from({ length: 10_000 }, (_, i) => `key ${i}`);
    expect(lookUp(dictionary, [...strings, ...strings], 3)).toEqual([...strings.keys(), ...strings.keys()]);
    expect(dictionary.isUseless).toBe(false);
  });

  test('is useless if most strings are different, or they take too much', () => {
    const different = new StringDictionary();
    lookUp(
      different,
      Array.from({ length: 1 << 16 }, (_, i) => `${i}`),
      0,
    );
    expect(different.isUseless).toBe(true);
    const long = new StringDictionary();
    lookUp(long, ['x'.repeat(5 << 20)], 0);
    expect(long.isUseless).toBe(true);
  });
});

describe('columns of strings', () => {
  const memory = new LinearMemory();
  const coding = { plain: { encode: encodePlain, decode: decodePlain }, noTimestamp: Number.MIN_SAFE_INTEGER };

  /** @returns of each batch the type of the one column */
  function columnTypes(batches: number, textOf: (record: number) => string | null): string[] {
    const codec = new RecordCodec(memory, inferShape(['text']), coding);
    const reader = new RecordCodec(memory, codec.fields, coding);
    return Array.from({ length: batches }, (_, b) => {
      const values = Array.from({ length: 4096 }, (_, i) => textOf(b * 4096 + i));
      const batch = codec.encode({ values, timestamps: null });
      const columns = reader.decode(batch);
      batch.release();
      expect(fromColumns(columns).values).toEqual(values);
      return columns.columns[0]!.type;
    });
  }

  test('are read by a dictionary while they are few', () => {
    expect(columnTypes(3, (i) => (i % 7 === 0 ? null : `text ${i % 5}`))).toEqual(new Array(3).fill('dictionary'));
  });

  test('are read one by one once most turn out to be different', () => {
    const types = columnTypes(18, (i) => `text ${i}`);
    expect(types[0]).toBe('dictionary');
    expect(types.slice(-2)).toEqual(['string', 'string']);
  });
});
