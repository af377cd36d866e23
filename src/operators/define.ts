/** Ties the parameters of an operator kind to the class that reads them. */
import type { Operator, OperatorFactory, OperatorSpec } from '../dataflow/operator.ts';
import type { Schema } from '../types/schema.ts';
import type { OperatorParams } from './specs.ts';

export type OperatorKind = keyof OperatorParams;

/** @param make builds the operator; it may look at the schemas in the spec. */
export function defineOperator<K extends OperatorKind>(
  kind: K,
  make: (params: OperatorParams[K], spec: OperatorSpec) => Operator,
): OperatorFactory {
  return { kind, create: (spec) => make(spec.params as OperatorParams[K], spec) };
}

/** What the planner writes: type-checked against the kind. */
export function operatorSpec<K extends OperatorKind>(
  kind: K,
  name: string,
  params: OperatorParams[K],
  inputs: readonly Schema[],
  output: Schema,
): OperatorSpec {
  return { kind, name, params, inputs, output };
}
