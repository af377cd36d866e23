import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { call, type Expr, inputRef } from '../../../src/expr/expr.ts';
import { operatorSpec } from '../../../src/operators/define.ts';
import type { JoinType, NestedLoopJoinParams } from '../../../src/operators/specs.ts';
import { BIGINT, BOOLEAN, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';
import { OperatorHarness, schemaOfTypes, sortedText } from './harness.ts';
import { modelJoin, type Row } from './join-model.ts';

const TYPES: readonly JoinType[] = ['INNER', 'LEFT', 'RIGHT', 'FULL', 'SEMI', 'ANTI'];
const left = [nullable(INT), nullable(STRING), BIGINT];
const right = [nullable(STRING), nullable(INT), BIGINT];
const less = call('<', [inputRef(0, left[0]!), inputRef(4, right[1]!)], nullable(BOOLEAN));
/** Has no compiled form: the pattern is not a constant. */
const similar = call('SIMILAR TO', [inputRef(1, left[1]!), inputRef(3, right[0]!)], nullable(BOOLEAN));

function rowsOf(random: ReturnType<typeof seededRandom>, stringFirst: boolean, count: number): Row[] {
  return Array.from({ length: count }, () => {
    const int: Value = random.below(6) === 0 ? null : random.below(8);
    const text: Value = random.below(6) === 0 ? null : `key ${random.below(4)}`;
    const big = BigInt(random.below(10));
    return stringFirst ? [text, int, big] : [int, text, big];
  });
}

/** The condition of a case: null is TRUE. */
const CONDITIONS: readonly [Expr | null, ((l: Row, r: Row) => boolean | null) | null][] = [
  [null, null],
  [less, (l, r) => (l[0] === null || r[1] === null ? null : (l[0] as number) < (r[1] as number))],
  [similar, (l, r) => (l[1] === null || r[0] === null ? null : l[1] === r[0])],
];

for (const type of TYPES) {
  for (const buildSide of ['left', 'right'] as const) {
    test(`${type} join, ${buildSide} side built, agrees with the definition`, () => {
      for (let seed = 1; seed <= 18; seed++) {
        const random = seededRandom(seed);
        const backend = seed % 3 === 0 ? 'js' : seed % 3 === 1 ? 'interpreter' : 'wasm';
        const [condition, model] = CONDITIONS[seed % 4 === 0 ? 0 : seed % 4 === 1 ? 2 : 1]!;
        const nullAware = type === 'ANTI' && buildSide === 'right' && seed % 2 === 0 && condition !== null;
        const params: NestedLoopJoinParams = { type, condition, buildSide, nullAware };
        const output =
          type === 'SEMI' || type === 'ANTI' ? left : [...left, ...right].map((column) => nullable(column));
        const schemas = [schemaOfTypes(left), schemaOfTypes(right)];
        const spec = operatorSpec('nested-loop-join', 'NestedLoopJoin', params, schemas, schemaOfTypes(output));
        const rows = [
          rowsOf(random, false, seed % 5 === 0 ? 0 : random.below(30)),
          rowsOf(random, true, seed % 7 === 0 ? 0 : random.below(30)),
        ] as const;
        const harness = new OperatorHarness(spec, { backend });
        const build = buildSide === 'left' ? 0 : 1;
        for (const input of [build, 1 - build] as const) {
          const half = rows[input]!.length >>> 1;
          harness.process(rows[input]!.slice(0, half), input);
          harness.process(rows[input]!.slice(half), input);
          harness.end(input);
        }
        // UNKNOWN matches for a null-aware ANTI join: it keeps the row out.
        const holds = (l: Row, r: Row): boolean => (model === null ? true : (model(l, r) ?? nullAware));
        const expected = modelJoin(
          { type, leftKeys: [], rightKeys: [], nullSafe: [], condition: holds, nullAware: false },
          rows[0],
          rows[1],
          3,
          3,
        );
        expect(sortedText(harness.rows()), `seed ${seed}`).toEqual(sortedText(expected));
        harness.close();
        expect(harness.budget.used).toBe(0);
      }
    });
  }
}

test('pairs of several parts and blocks', () => {
  const params: NestedLoopJoinParams = { type: 'INNER', condition: less, buildSide: 'right', nullAware: false };
  const schemas = [schemaOfTypes(left), schemaOfTypes(right)];
  const spec = operatorSpec('nested-loop-join', 'Join', params, schemas, schemaOfTypes([...left, ...right]));
  const harness = new OperatorHarness(spec);
  harness.process(
    Array.from({ length: 3000 }, (_, i): Row => [`s${i}`, i, 1n]),
    1,
  );
  harness.end(1);
  harness.process(Array.from({ length: 500 }, (_, i): Row => [2996 + (i % 5), 'x', 0n]));
  harness.end(0);
  // 2996 is below 3 of 0..2999, 2997 below 2, 2998 below 1.
  expect(harness.rows().length).toBe(100 * (3 + 2 + 1));
  harness.close();
});
