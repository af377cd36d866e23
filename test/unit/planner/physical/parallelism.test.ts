/** BATCH with several subtasks: how many each part of a plan has, and what is sent between them. */
import { describe, expect, test } from 'vitest';
import type { TableStatistics } from '../../../../src/dataflow/connector.ts';
import type { JoinType } from '../../../../src/operators/specs.ts';
import type { Hint, LogicalPlan } from '../../../../src/planner/logical.ts';
import * as build from '../../../../src/planner/logical-build.ts';
import { sentBy } from '../../../../src/planner/physical/exchange.ts';
import type { PhysicalNode } from '../../../../src/planner/physical/node.ts';
import type { PhysicalPlan } from '../../../../src/planner/plan.ts';
import { batch, columns, count, fn, NULLABLE_INT, NULLABLE_STRING, ref, show, streaming, table } from './harness.ts';

const rows = (rowCount: number | null): TableStatistics => ({ rowCount, columns: {} });
const fact = (rowCount: number | null) =>
  table('fact', { id: NULLABLE_INT, dim: NULLABLE_INT }, { statistics: rows(rowCount) });
const dim = (rowCount: number) =>
  table('dim', { dim: NULLABLE_INT, name: NULLABLE_STRING }, { statistics: rows(rowCount) });

function joined(type: JoinType, left: LogicalPlan, right: LogicalPlan, hints: readonly Hint[] = []): LogicalPlan {
  const key = left.schema.fields.findIndex(({ name }) => name === 'dim');
  const other = right.schema.fields.findIndex(({ name }) => name === 'dim');
  const match = { kind: 'input-ref', index: left.schema.fields.length + other, type: NULLABLE_INT } as const;
  return build.join(type, left, right, fn('=', ref(left, left.schema.fields[key]!.name), match), { hints });
}

/** Subtasks by the name of the algorithm, of those that have fewer than all. */
function fewer(plan: PhysicalPlan): Record<string, number> {
  return Object.fromEntries([...plan.parallelism].map(([node, subtasks]) => [node.name, subtasks]));
}

describe('subtasks by volume', () => {
  const grouped = (rowCount: number | null) => build.aggregate(columns(fact(rowCount), 'dim'), [0], [count('n')]);

  test('few rows have one subtask, many have all', () => {
    expect(fewer(batch(grouped(1000), {}, 4))).toEqual({ TableSourceScan: 1, Calc: 1, HashAggregate: 1 });
    // 20 MB come in, 4 for each subtask would be five.
    expect(fewer(batch(grouped(2_500_000), {}, 4))['TableSourceScan']).toBeUndefined();
  });

  test('between these as many as there is data for', () => {
    // 1.25 million rows of 8 bytes: 10 MB.
    expect(fewer(batch(grouped(1_250_000), {}, 8))['TableSourceScan']).toBe(3);
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

  test('what hangs together without an exchange has the same, also the sides of a join that keep one table', () => {
    const plan = batch(joined('INNER', fact(10_000_000), dim(1000)), {}, 4);
    expect(show(plan)[0]).toContain('isBroadcast');
    expect(fewer(plan)).toEqual({});
    expect(fewer(batch(joined('INNER', fact(1000), dim(1000)), {}, 4))['TableSourceScan']).toBe(1);
  });
});

describe('joins', () => {
  const exchanges = (plan: PhysicalPlan): number => show(plan).filter((line) => line.includes('Exchange')).length;
  /** Of nodes that rows are sent to. */
  const sent = ({ roots }: PhysicalPlan): number => {
    const below = (node: PhysicalNode): readonly PhysicalNode[] => [node, ...node.inputs.flatMap(below)];
    return roots.flatMap(below).filter((node) => sentBy(node) !== null).length;
  };

  test.each(['INNER', 'LEFT', 'RIGHT', 'FULL', 'SEMI', 'ANTI'] as const)('%s: nothing is sent', (type) => {
    for (const large of [10_000, 10_000_000]) {
      const plan = batch(joined(type, fact(large), dim(100_000)), {}, 4);
      expect(exchanges(plan)).toBeGreaterThan(0);
      expect(sent(plan)).toBe(0);
    }
  });

  test('by hint both sides are sent', () => {
    const plan = batch(
      joined('INNER', fact(10_000_000), dim(1000), [{ name: 'SHUFFLE_HASH', args: ['RIGHT'], options: {} }]),
      {},
      4,
    );
    expect(sent(plan)).toBe(2);
  });
});
