/**
 * Which operators of a chain become one: a Calc goes into the operator behind it, so that rows are not written out in
 * between. Called when tasks are made; plans and EXPLAIN show the operators as they were planned.
 */
import type { OperatorSpec } from '../dataflow/operator.ts';
import { AccumulatorSet } from './aggregate/accumulator-set.ts';
import { isFusable } from './codegen/row-input.ts';
import type { BatchAggregateParams, CalcParams, GroupAggregateParams } from './specs.ts';

type AggregateParams = Pick<GroupAggregateParams, 'calls'> &
  Partial<Pick<GroupAggregateParams, 'inputRetracts'> & Pick<BatchAggregateParams, 'rowTypes'>>;

/** Operators that read their inputs through RowInput. */
const TAKES_CALC: ReadonlySet<string> = new Set([
  'hash-aggregate',
  'group-aggregate',
  'local-group-aggregate',
  'hash-join',
]);

/**
 * The operator with the Calc before its input `input` fused into it, or null if they stay two.
 */
export function fuseCalc(calc: OperatorSpec, into: OperatorSpec, input: number): OperatorSpec | null {
  if (calc.kind !== 'calc' || !TAKES_CALC.has(into.kind) || !isFusable(calc.params as CalcParams)) return null;
  if ((into.fused?.[input] ?? null) !== null || !readsOnlyInKernels(into)) return null;
  const fused = into.inputs.map((_, i) =>
    i === input ? { params: calc.params, from: calc.inputs[0]! } : (into.fused?.[i] ?? null),
  );
  return { ...into, fused };
}

/** Aggregates that the catalogue computes read their arguments from the batch itself. */
function readsOnlyInKernels(spec: OperatorSpec): boolean {
  if (!spec.kind.endsWith('aggregate')) return true;
  const { calls, rowTypes, inputRetracts } = spec.params as AggregateParams;
  const types = rowTypes ?? spec.inputs[0]!.fields.map((field) => field.type);
  return new AccumulatorSet(calls, types, inputRetracts ?? false, false).references.length === 0;
}
