/** FIRST_VALUE, LAST_VALUE (by arrival, NULLs passed over) and SINGLE_VALUE, which a scalar subquery is made of. */
import { EngineError } from '../../../base/errors.ts';
import { nullable } from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import { type AggregateFunction, type AggregateShape, defineAggregate, type Inference } from '../define.ts';
import { appendAll, emptyValues, removeValue, type Values } from './values.ts';

function inferArgument(shape: AggregateShape): Inference {
  const type = shape.types[0]!;
  if (type.kind === 'NULL') return { error: 'an untyped NULL needs a CAST' };
  return { type: nullable(type, type.nullable || !shape.neverEmpty) };
}

function oneOf(
  name: string,
  doc: string,
  choose: (items: readonly Value[]) => Value | undefined,
): AggregateFunction<Values> {
  return defineAggregate<Values>({
    name,
    signature: '(ANY)',
    doc,
    arity: 1,
    orderSensitive: true,
    infer: inferArgument,
    create: emptyValues,
    accumulate: (values, [value]) => {
      if (value !== null) values.items.push(value!);
    },
    retract: (values, [value], call) => {
      if (value !== null) removeValue(values, value!, call.argTypes[0]!);
    },
    merge: appendAll,
    result: (values) => choose(values.items) ?? null,
  });
}

export const firstValue = oneOf('FIRST_VALUE', 'The first value that is not NULL.', (items) => items[0]);
export const lastValue = oneOf('LAST_VALUE', 'The last value that is not NULL.', (items) => items.at(-1));

function add(values: Values, items: readonly Value[]): void {
  values.items.push(...items);
  if (values.items.length > 1) {
    throw new EngineError('RUN-SUBQUERY', 'a scalar subquery gave more than one row', {
      hint: 'add LIMIT 1, or aggregate its rows',
    });
  }
}

export const singleValue = defineAggregate<Values>({
  name: 'SINGLE_VALUE',
  signature: '(ANY)',
  doc: 'The value of the only row; NULL if there is none, an error if there are more.',
  arity: 1,
  infer: inferArgument,
  create: emptyValues,
  accumulate: (values, [value]) => add(values, [value!]),
  retract: (values, [value], call) => removeValue(values, value!, call.argTypes[0]!),
  merge: (values, other) => add(values, other.items),
  result: (values) => values.items[0] ?? null,
});
