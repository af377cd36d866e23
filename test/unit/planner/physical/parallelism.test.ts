/** BATCH with several subtasks: how many each part of a plan has, what is broadcast, and what keys are sent ahead. */
import { describe, expect, test } from 'vitest';
import type { TableStatistics } from '../../../../src/dataflow/connector.ts';
import type { JoinType } from '../../../../src/operators/specs.ts';
import type { LogicalPlan } from '../../../../src/planner/logical.ts';
import * as build from '../../../../src/planner/logical-build.ts';
import type { PhysicalPlan } from '../../../../src/planner/plan.ts';
import { batch, columns, count, fn, NULLABLE_INT, NULLABLE_STRING, ref, show, streaming, table } from './harness.ts';

const rows = (rowCount: number | null): TableStatistics => ({ rowCount, columns: {} });
const fact = (rowCount: number | null) =>
  table('fact', { id: NULLABLE_INT, dim: NULLABLE_INT }, { statistics: rows(rowCount) });
const dim = (rowCount: number) =>
  table('dim', { dim: NULLABLE_INT, name: NULLABLE_STRING }, { statistics: rows(rowCount) });

function joined(type: JoinType, left: LogicalPlan, right: LogicalPlan): LogicalPlan {
  const key = left.schema.fields.findIndex(({ name }) => name === 'dim');
  const other = right.schema.fields.findIndex(({ name }) => name === 'dim');
  const match = { kind: 'input-ref', index: left.schema.fields.length + other, type: NULLABLE_INT } as const;
  return build.join(type, left, right, fn('=', ref(left, left.schema.fields[key]!.name), match));
}

/** Subtasks by the name of the algorithm, of those that have fewer than all. */
function fewer(plan: PhysicalPlan): Record<string, number> {
  return Object.fromEntries([...plan.parallelism].map(([node, subtasks]) => [node.name, subtasks]));
}

describe('subtasks by volume', () => {
  const grouped = (rowCount: number | null) => build.aggregate(columns(fact(rowCount), 'dim'), [0], [count('n')]);

  test('few rows have one subtask, many have all', () => {
    expect(fewer(batch(grouped(1000), {}, 4))).toEqual({ TableSourceScan: 1, Calc: 1, HashAggregate: 1 });
    // 80 MB come in, 16 for each subtask would be five.
    expect(fewer(batch(grouped(10_000_000), {}, 4))['TableSourceScan']).toBeUndefined();
  });

  test('between these as many as there is data for', () => {
    // 5 million rows of 8 bytes: 40 MB.
    expect(fewer(batch(grouped(5_000_000), {}, 8))['TableSourceScan']).toBe(3);
    const settings = { 'execution.batch.adaptive.auto-parallelism.avg-data-volume-per-task': '10 mb' };
    expect(fewer(batch(grouped(5_000_000), settings, 8))['TableSourceScan']).toBe(4);
  });

  test('not where nothing is known, where it is switched off, or in STREAMING', () => {
    expect(fewer(batch(grouped(null), {}, 4))).toEqual({});
    expect(fewer(batch(grouped(1000), { 'execution.batch.adaptive.auto-parallelism.enabled': 'false' }, 4))).toEqual(
      {},
    );
    expect(fewer(streaming(grouped(1000)))).toEqual({});
  });

  test('what hangs together without an exchange has the same', () => {
    const plan = batch(joined('INNER', fact(10_000_000), dim(1000)), {}, 4);
    expect(show(plan)[0]).toContain('isBroadcast');
    const scans = [...plan.parallelism].filter(([node]) => node.name === 'TableSourceScan');
    expect(scans.map(([node]) => node.schema.fields[1]!.name)).toEqual(['name']);
    expect(plan.parallelism.has(plan.roots[0]!)).toBe(false);
  });
});

describe('joins', () => {
  test('a side is broadcast as long as building it everywhere costs less than sending both', () => {
    const broadcast = (small: number, subtasks: number): boolean =>
      show(batch(joined('INNER', fact(1_000_000), dim(small)), {}, subtasks))[0]!.includes('isBroadcast');
    expect(broadcast(100_000, 2)).toBe(true);
    expect(broadcast(900_000, 64)).toBe(false);
  });

  test('rows that meet nothing in a small side that cannot be broadcast are not sent', () => {
    const joins = (large: number) =>
      show(batch(joined('SEMI', dim(1000), fact(large)), {}, 4))
        .filter((line) => line.includes('HashJoin'))
        .map((line) => line.trim());
    expect(joins(10_000_000)).toEqual([
      expect.stringMatching(/^HashJoin\(joinType=\[LeftSemiJoin\].*select=\[dim, name\]/),
      expect.stringMatching(/HashJoin\(joinType=\[LeftSemiJoin\].*select=\[id, dim\], isBroadcast=\[true\]/),
    ]);
    // One subtask reads so few: nothing is sent.
    expect(joins(1_000_000)).toHaveLength(1);
  });

  test('of a side that keeps all its rows all are sent', () => {
    const plan = show(batch(joined('RIGHT', dim(1000), fact(1_000_000)), {}, 4));
    expect(plan.filter((line) => line.includes('SemiJoin'))).toEqual([]);
  });
});
