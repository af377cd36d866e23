import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { call, inputRef } from '../../../src/expr/expr.ts';
import { operatorSpec } from '../../../src/operators/define.ts';
import type { HashJoinParams, JoinType } from '../../../src/operators/specs.ts';
import { BIGINT, BOOLEAN, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';
import { OperatorHarness, schemaOfTypes, sortedText } from './harness.ts';
import { modelJoin, type Row } from './join-model.ts';

const TYPES: readonly JoinType[] = ['INNER', 'LEFT', 'RIGHT', 'FULL', 'SEMI', 'ANTI'];
const left = [nullable(INT), nullable(STRING), BIGINT];
const right = [nullable(STRING), nullable(INT), BIGINT];

function randomRows(random: ReturnType<typeof seededRandom>, stringFirst: boolean, range: number): Row[] {
  return Array.from({ length: random.below(40) }, () => {
    const int: Value = random.below(6) === 0 ? null : random.below(range);
    const text: Value = random.below(6) === 0 ? null : `key ${random.below(range)}`;
    const big = BigInt(random.below(10));
    return stringFirst ? [text, int, big] : [int, text, big];
  });
}

for (const type of TYPES) {
  for (const buildSide of ['left', 'right'] as const) {
    test(`${type} join, ${buildSide} side built, agrees with the definition`, () => {
      for (let seed = 1; seed <= 24; seed++) {
        const random = seededRandom(seed);
        const backend = seed % 4 === 0 ? 'js' : seed % 4 === 1 ? 'interpreter' : 'wasm';
        const byText = seed % 3 === 0;
        const both = seed % 5 === 0;
        const leftKeys = both ? [0, 1] : byText ? [1] : [0];
        const rightKeys = both ? [1, 0] : byText ? [0] : [1];
        const nullSafe = leftKeys.map(() => seed % 7 === 0);
        const withCondition = seed % 2 === 0;
        const nullAware = type === 'ANTI' && buildSide === 'right' && !withCondition && seed % 3 === 1 && !nullSafe[0];
        const params: HashJoinParams = {
          type,
          leftKeys,
          rightKeys,
          nullSafe,
          condition: withCondition ? call('<', [inputRef(2, BIGINT), inputRef(5, BIGINT)], BOOLEAN) : null,
          buildSide,
          nullAware,
          estimatedBuildRows: null,
        };
        const output =
          type === 'SEMI' || type === 'ANTI' ? left : [...left, ...right].map((column) => nullable(column));
        const spec = operatorSpec(
          'hash-join',
          'HashJoin',
          params,
          [schemaOfTypes(left), schemaOfTypes(right)],
          schemaOfTypes(output),
        );
        const rows = [randomRows(random, false, 8), randomRows(random, true, seed % 8 === 1 ? 1000000 : 8)] as const;
        const harness = new OperatorHarness(spec, { backend });
        const build = buildSide === 'left' ? 0 : 1;
        for (const input of [build, 1 - build] as const) {
          const half = rows[input]!.length >>> 1;
          harness.process(rows[input]!.slice(0, half), input);
          harness.process(rows[input]!.slice(half), input);
          harness.end(input);
        }
        const expected = modelJoin(
          {
            type,
            leftKeys,
            rightKeys,
            nullSafe,
            condition: withCondition ? (l, r) => (l[2] as bigint) < (r[2] as bigint) : null,
            nullAware,
          },
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
