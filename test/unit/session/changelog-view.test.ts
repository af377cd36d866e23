import { describe, expect, test } from 'vitest';
import { type Change, materialize } from '../../../src/session/changelog-view.ts';
import { DOUBLE, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import { type RowKindShort, rowKindOf } from '../../../src/types/row-kind.ts';
import type { Value } from '../../../src/types/value.ts';

const types = [INT, nullable(STRING)];
const changes = (...list: readonly (readonly [RowKindShort, ...Value[]])[]): Change[] =>
  list.map(([kind, ...row]) => ({ kind: rowKindOf(kind), row }));

describe('materialize', () => {
  test('without a key, -U and -D remove the first equal row', () => {
    const log = changes(
      ['+I', 1, 'a'],
      ['+I', 2, 'b'],
      ['+I', 1, 'a'],
      ['-D', 1, 'a'],
      ['+U', 3, null],
      ['-U', 3, null],
    );
    expect(materialize(log, types)).toEqual([
      [2, 'b'],
      [1, 'a'],
    ]);
  });

  test('what is not there is not missed', () => {
    expect(materialize(changes(['-D', 1, 'a'], ['-U', 2, null], ['+I', 1, 'a']), types)).toEqual([[1, 'a']]);
  });

  test('with a key, +I and +U put, -U and -D remove by it', () => {
    const log = changes(['+I', 1, 'a'], ['+I', 2, 'b'], ['+U', 1, 'c'], ['+I', 1, 'd'], ['-D', 2, 'other']);
    expect(materialize(log, types, [0])).toEqual([[1, 'd']]);
  });

  test('NaN equals NaN, 0.0 is not -0.0, NULL equals NULL', () => {
    const floats = [nullable(DOUBLE)];
    expect(materialize(changes(['+I', Number.NaN], ['+I', null], ['-D', Number.NaN], ['-D', null]), floats)).toEqual(
      [],
    );
    expect(materialize(changes(['+I', 0], ['-D', -0]), floats)).toEqual([[0]]);
  });
});
