/** COLLECT, ARRAY_AGG, LISTAGG: all values of a group as one. */
import { array, type DataType, isCharacter, multiset, nullable, STRING } from '../../../types/data-type.ts';
import { type Value, valueKey } from '../../../types/value.ts';
import { defineAggregate } from '../define.ts';
import { appendAll, emptyValues, removeValue, type Values } from './values.ts';

const UNTYPED = { error: 'an untyped NULL needs a CAST' };

/** [value, count] pairs in order of first arrival. */
function counted(items: readonly Value[], type: DataType): Value {
  const counts = new Map<string, [Value, number]>();
  for (const item of items) {
    const entry = counts.get(valueKey(item, type));
    if (entry === undefined) counts.set(valueKey(item, type), [item, 1]);
    else entry[1]++;
  }
  return [...counts.values()];
}

export const collect = defineAggregate<Values>({
  name: 'COLLECT',
  signature: '(ANY) → MULTISET',
  doc: 'A multiset of the values that are not NULL.',
  arity: 1,
  infer: ({ types }) => (types[0]!.kind === 'NULL' ? UNTYPED : { type: multiset(types[0]!) }),
  create: emptyValues,
  accumulate: (values, [value]) => {
    if (value !== null) values.items.push(value!);
  },
  retract: (values, [value], call) => {
    if (value !== null) removeValue(values, value!, call.argTypes[0]!);
  },
  merge: appendAll,
  result: (values, call) => counted(values.items, call.argTypes[0]!),
});

export const arrayAgg = defineAggregate<Values>({
  name: 'ARRAY_AGG',
  signature: '(ANY) → ARRAY',
  doc: 'An array of the values in order of arrival, NULLs included; NULL if there are none.',
  arity: 1,
  orderSensitive: true,
  infer: ({ types }) => (types[0]!.kind === 'NULL' ? UNTYPED : { type: nullable(array(types[0]!)) }),
  create: emptyValues,
  accumulate: (values, [value]) => {
    values.items.push(value!);
  },
  retract: (values, [value], call) => removeValue(values, value!, call.argTypes[0]!),
  merge: appendAll,
  result: (values) => (values.items.length === 0 ? null : [...values.items]),
});

export const listagg = defineAggregate<Values>({
  name: 'LISTAGG',
  signature: '(text STRING) → STRING\n(text STRING, separator STRING) → STRING',
  doc: 'The strings that are not NULL with the separator (a comma, by default) between them; NULL if there are none.',
  arity: [1, 2],
  orderSensitive: true,
  literalArgsFrom: 1,
  infer: ({ types, literals }) => {
    if (!types.every(isCharacter)) return { error: 'the arguments must be strings' };
    if (types.length === 2 && literals[1] === null) return { error: 'the separator must not be NULL' };
    return { type: nullable(STRING) };
  },
  create: emptyValues,
  accumulate: (values, [value]) => {
    if (value !== null) values.items.push(value!);
  },
  retract: (values, [value], call) => {
    if (value !== null) removeValue(values, value!, call.argTypes[0]!);
  },
  merge: appendAll,
  result: (values, call) =>
    values.items.length === 0 ? null : values.items.join((call.literals[0] as string | undefined) ?? ','),
});
