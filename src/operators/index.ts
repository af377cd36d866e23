/** The registry of operators: kind → factory. */
import { assert } from '../base/assert.ts';
import type { OperatorFactory } from '../dataflow/operator.ts';
import { groupAggregate } from './aggregate/group-aggregate.ts';
import { hashAggregate } from './aggregate/hash-aggregate.ts';
import { calc } from './calc/calc.ts';
import { hashJoin } from './join/hash-join.ts';

const FACTORIES: readonly OperatorFactory[] = [calc, groupAggregate, hashAggregate, hashJoin];

const BY_KIND: ReadonlyMap<string, OperatorFactory> = new Map(FACTORIES.map((factory) => [factory.kind, factory]));

export function operatorFactory(kind: string): OperatorFactory {
  const factory = BY_KIND.get(kind);
  assert(factory !== undefined, `there is no operator ${kind}`);
  return factory;
}
