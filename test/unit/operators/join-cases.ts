/** Random inputs and conditions on which every equi-join is run, and its answer by the definition. */
import { seededRandom } from '../../../src/base/random.ts';
import { call, inputRef } from '../../../src/expr/expr.ts';
import { type OperatorKind, operatorSpec } from '../../../src/operators/define.ts';
import type { EquiJoinParams, JoinType } from '../../../src/operators/specs.ts';
import { BIGINT, BOOLEAN, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';
import { type HarnessOptions, OperatorHarness, schemaOfTypes } from './harness.ts';
import { modelJoin, type Row } from './join-model.ts';

export const JOIN_TYPES: readonly JoinType[] = ['INNER', 'LEFT', 'RIGHT', 'FULL', 'SEMI', 'ANTI'];
export const LEFT = [nullable(INT), nullable(STRING), BIGINT];
export const RIGHT = [nullable(STRING), nullable(INT), BIGINT];

export function joinRows(
  random: ReturnType<typeof seededRandom>,
  side: 'left' | 'right',
  count: number,
  range: number,
): Row[] {
  return Array.from({ length: count }, () => {
    const int: Value = random.below(6) === 0 ? null : random.below(range);
    const text: Value = random.below(6) === 0 ? null : `key ${random.below(range)}`;
    const big = BigInt(random.below(10));
    return side === 'right' ? [text, int, big] : [int, text, big];
  });
}

export interface JoinCase {
  readonly params: EquiJoinParams;
  readonly rows: readonly [readonly Row[], readonly Row[]];
  readonly expected: readonly Row[];
}

/** @param nullAware ANTI of NOT IN, which has one key and no condition */
export function joinCase(type: JoinType, seed: number, sizes: readonly [number, number], nullAware = false): JoinCase {
  const random = seededRandom(seed);
  const byText = seed % 3 === 0;
  const both = seed % 5 === 0 && !nullAware;
  const leftKeys = both ? [0, 1] : byText ? [1] : [0];
  const rightKeys = both ? [1, 0] : byText ? [0] : [1];
  const nullSafe = leftKeys.map(() => seed % 7 === 0 && !nullAware);
  const withCondition = seed % 2 === 0 && !nullAware;
  const params: EquiJoinParams = {
    type,
    leftKeys,
    rightKeys,
    nullSafe,
    condition: withCondition ? call('<', [inputRef(2, BIGINT), inputRef(5, BIGINT)], BOOLEAN) : null,
  };
  const range = Math.max(8, Math.floor(sizes[1] / 3));
  const rows = [joinRows(random, 'left', sizes[0], range), joinRows(random, 'right', sizes[1], range)] as const;
  const model = {
    ...params,
    condition: withCondition ? (l: Row, r: Row) => (l[2] as bigint) < (r[2] as bigint) : null,
    nullAware,
  };
  const expected = sizes[0] * sizes[1] > 10_000 ? hashed(model, rows) : modelJoin(model, rows[0], rows[1], 3, 3);
  return { params, rows, expected };
}

/** The definition over rows that share a hash of the first key: for inputs too large to look at every pair. */
function hashed(model: Parameters<typeof modelJoin>[0], [left, right]: JoinCase['rows']): Row[] {
  const part = (value: Value): string => (value === null ? 'null' : String(value));
  const parts = new Map<string, [Row[], Row[]]>();
  const add = (row: Row, key: number, side: 0 | 1): void => {
    const name = part(row[key]!);
    const entry = parts.get(name) ?? [[], []];
    entry[side].push(row);
    parts.set(name, entry);
  };
  for (const row of left) add(row, model.leftKeys[0]!, 0);
  for (const row of right) add(row, model.rightKeys[0]!, 1);
  return [...parts.values()].flatMap(([l, r]) => modelJoin(model, l, r, 3, 3));
}

/** A harness of the join with this kind's further parameters. */
export function joinHarness(
  kind: OperatorKind & ('hash-join' | 'sort-merge-join'),
  params: EquiJoinParams,
  more: object,
  options: HarnessOptions,
): OperatorHarness {
  const semi = params.type === 'SEMI' || params.type === 'ANTI';
  const output = semi ? LEFT : [...LEFT, ...RIGHT].map((column) => nullable(column));
  const schemas = [schemaOfTypes(LEFT), schemaOfTypes(RIGHT)];
  const all = { ...params, ...more } as never;
  return new OperatorHarness(operatorSpec(kind, kind, all, schemas, schemaOfTypes(output)), options);
}
