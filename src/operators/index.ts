/** The registry of operators: kind → factory. */
import { assert } from '../base/assert.ts';
import type { OperatorFactory } from '../dataflow/operator.ts';
import { groupAggregate } from './aggregate/group-aggregate.ts';
import { hashAggregate } from './aggregate/hash-aggregate.ts';
import { calc } from './calc/calc.ts';
import { dropUpdateBefore } from './changelog/drop-update-before.ts';
import { hashJoin } from './join/hash-join.ts';
import { streamingJoin } from './join/streaming-join.ts';
import { values } from './set/values.ts';
import { sort } from './sort/sort.ts';

const FACTORIES: readonly OperatorFactory[] = [
  calc,
  dropUpdateBefore,
  groupAggregate,
  hashAggregate,
  hashJoin,
  sort,
  streamingJoin,
  values,
];

const BY_KIND: ReadonlyMap<string, OperatorFactory> = new Map(FACTORIES.map((factory) => [factory.kind, factory]));

export function operatorFactory(kind: string): OperatorFactory {
  const factory = BY_KIND.get(kind);
  assert(factory !== undefined, `there is no operator ${kind}`);
  return factory;
}
