/** Joins by the definition: every pair looked at. The model that all join algorithms are checked against. */
import type { JoinType } from '../../../src/operators/specs.ts';
import type { Value } from '../../../src/types/value.ts';

export type Row = readonly Value[];

export interface ModelJoin {
  readonly type: JoinType;
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  readonly nullSafe: readonly boolean[];
  readonly condition: ((left: Row, right: Row) => boolean) | null;
  readonly nullAware: boolean;
}

export function modelJoin(
  join: ModelJoin,
  left: readonly Row[],
  right: readonly Row[],
  leftWidth: number,
  rightWidth: number,
): Row[] {
  const matches = (l: Row, r: Row): boolean =>
    join.leftKeys.every((key, i) => {
      const [a, b] = [l[key]!, r[join.rightKeys[i]!]!];
      if (a === null || b === null) return join.nullSafe[i]! && a === b;
      return a === b;
    }) &&
    (join.condition === null || join.condition(l, r));
  const pairs = left.flatMap((l) => right.filter((r) => matches(l, r)).map((r) => [...l, ...r]));
  const nulls = (width: number): Value[] => new Array<Value>(width).fill(null);
  const lonelyLeft = left.filter((l) => !right.some((r) => matches(l, r)));
  const lonelyRight = right.filter((r) => !left.some((l) => matches(l, r)));
  switch (join.type) {
    case 'INNER':
      return pairs;
    case 'LEFT':
      return [...pairs, ...lonelyLeft.map((l) => [...l, ...nulls(rightWidth)])];
    case 'RIGHT':
      return [...pairs, ...lonelyRight.map((r) => [...nulls(leftWidth), ...r])];
    case 'FULL':
      return [
        ...pairs,
        ...lonelyLeft.map((l) => [...l, ...nulls(rightWidth)]),
        ...lonelyRight.map((r) => [...nulls(leftWidth), ...r]),
      ];
    case 'SEMI':
      return left.filter((l) => right.some((r) => matches(l, r)));
    case 'ANTI': {
      if (!join.nullAware || right.length === 0) return lonelyLeft;
      if (right.some((r) => join.rightKeys.some((key) => r[key] === null))) return [];
      return lonelyLeft.filter((l) => join.leftKeys.every((key) => l[key] !== null));
    }
  }
}
