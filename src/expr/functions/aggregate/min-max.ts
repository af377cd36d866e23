/** MIN and MAX. They compare with `<` and `>`, so of values and NaN the one that came first stays, as in Flink. */
import { isApproximate, isNumeric, nullable } from '../../../types/data-type.ts';
import { compareValues, type Value } from '../../../types/value.ts';
import { isNested } from '../comparison/common.ts';
import { type AggregateFunction, type AggregateShape, defineAggregate, type Inference } from '../define.ts';
import { appendAll, emptyValues, removeValue, type Values } from './values.ts';

function inferExtreme(shape: AggregateShape): Inference {
  const type = shape.types[0]!;
  if (type.kind === 'NULL') return { error: 'an untyped NULL needs a CAST' };
  if (isNested(type)) return { error: 'the values have no order' };
  return { type: nullable(type, type.nullable || !shape.neverEmpty) };
}

function extreme(name: string, doc: string, sign: 1 | -1): AggregateFunction<Values> {
  return defineAggregate<Values>({
    name,
    signature: '(COMPARABLE)',
    doc,
    arity: 1,
    ignoresDistinct: true,
    infer: inferExtreme,
    create: emptyValues,
    accumulate: (values, [value]) => {
      if (value !== null) values.items.push(value!);
    },
    retract: (values, [value], call) => {
      if (value !== null) removeValue(values, value!, call.argTypes[0]!);
    },
    merge: appendAll,
    result: (values, call) => {
      const type = call.argTypes[0]!;
      const beats = (a: Value, b: Value): boolean =>
        isNumeric(type) && isApproximate(type)
          ? sign * (a as number) > sign * (b as number)
          : sign * compareValues(a, b, type) > 0;
      return values.items.reduce<Value>((best, each) => (best === null || beats(each, best) ? each : best), null);
    },
  });
}

export const min = extreme('MIN', 'The least value that is not NULL.', -1);
export const max = extreme('MAX', 'The greatest value that is not NULL.', 1);
