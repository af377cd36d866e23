/** Constructors of rows, arrays and maps, and access to their parts. */

import { EngineError } from '../../../base/errors.ts';
import { findCommonType, leastRestrictive } from '../../../types/coerce.ts';
import {
  array,
  type DataType,
  INT,
  isCharacter,
  isInteger,
  map,
  multiset,
  nullable,
  row as rowType,
} from '../../../types/data-type.ts';
import { type Entries, type Value, valueKey } from '../../../types/value.ts';
import { type CallShape, defineScalar, type Inference } from '../define.ts';
import { ARRAY_FAMILY, either, infer, MAP_FAMILY } from '../infer.ts';
import { uniqueEntries } from './entries.ts';

export const rowConstructor = defineScalar({
  name: 'ROW',
  arity: [0, Number.POSITIVE_INFINITY],
  strict: false,
  signature: '(ANY, …) → ROW',
  doc: 'A row of the values; its fields are named EXPR$0, EXPR$1 and so on.',
  infer: (shape) =>
    shape.types.some((type) => type.kind === 'NULL')
      ? { error: 'an untyped NULL needs a CAST' }
      : { type: rowType(shape.types.map((type, i) => ({ name: `EXPR$${i}`, type }))) },
  evaluate: (args) => args,
});

function castAll(types: readonly DataType[], to: DataType): readonly DataType[] {
  return types.map((type) => nullable(to, type.nullable));
}

export const arrayConstructor = defineScalar({
  name: 'ARRAY',
  arity: [1, Number.POSITIVE_INFINITY],
  strict: false,
  signature: '[ANY, …] → ARRAY',
  doc: 'An array of the values in their common type.',
  examples: [['ARRAY[1, 2][2]', 'CAST(2 AS INT)']],
  infer: (shape) => {
    const element = leastRestrictive(shape.types);
    if (element === null || element.kind === 'NULL') return { error: 'the elements have no common type' };
    return { type: array(element), args: castAll(shape.types, element) };
  },
  evaluate: (args) => args,
});

export const multisetConstructor = defineScalar({
  name: 'MULTISET',
  syntax: 'special',
  arity: [1, Number.POSITIVE_INFINITY],
  strict: false,
  signature: '[ANY, …] → MULTISET',
  doc: 'A multiset of the values in their common type.',
  infer: (shape) => {
    const element = leastRestrictive(shape.types);
    if (element === null || element.kind === 'NULL') return { error: 'the elements have no common type' };
    return { type: multiset(element), args: castAll(shape.types, element) };
  },
  evaluate: (args, call) => {
    const element = (call.type as DataType & { readonly kind: 'MULTISET' }).element;
    const counts = new Map<string, [Value, number]>();
    for (const each of args) {
      const entry = counts.get(valueKey(each, element));
      if (entry === undefined) counts.set(valueKey(each, element), [each, 1]);
      else entry[1]++;
    }
    return [...counts.values()];
  },
});

export const mapConstructor = defineScalar({
  name: 'MAP',
  arity: [2, Number.POSITIVE_INFINITY],
  strict: false,
  signature: '[key, value, …] → MAP',
  doc: 'A map of the pairs; of equal keys the last wins.',
  examples: [["MAP['a', 1, 'b', 2]['b']", 'CAST(2 AS INT)']],
  infer: (shape) => {
    if (shape.types.length % 2 === 1) return { error: 'keys and values must come in pairs' };
    const key = leastRestrictive(shape.types.filter((_, i) => i % 2 === 0));
    const value = leastRestrictive(shape.types.filter((_, i) => i % 2 === 1));
    if (key === null || value === null) return { error: 'the keys or the values have no common type' };
    if (key.kind === 'NULL' || value.kind === 'NULL') return { error: 'an untyped NULL needs a CAST' };
    return {
      type: map(key, value),
      args: shape.types.map((type, i) => nullable(i % 2 === 0 ? key : value, type.nullable)),
    };
  },
  evaluate: (args, call) => {
    const pairs = Array.from({ length: args.length / 2 }, (_, i) => [args[2 * i]!, args[2 * i + 1]!] as const);
    return uniqueEntries(pairs, (call.type as DataType & { readonly kind: 'MAP' }).key);
  },
});

export const cardinality = defineScalar({
  name: 'CARDINALITY',
  arity: 1,
  signature: '(ARRAY) → INT\n(MAP) → INT\n(MULTISET) → INT',
  doc: 'The number of elements.',
  examples: [['CARDINALITY(ARRAY[1, 2])', '2']],
  infer: infer(
    [either(ARRAY_FAMILY, MAP_FAMILY, { name: 'a multiset', accepts: (type) => type.kind === 'MULTISET' })],
    () => INT,
  ),
  evaluate: ([value], call) => {
    if (call.argTypes[0]!.kind !== 'MULTISET') return (value as readonly Value[]).length;
    return (value as Entries).reduce((count, entry) => count + (entry[1] as number), 0);
  },
});

function inferItem(shape: CallShape): Inference {
  const [collection, index] = shape.types as [DataType, DataType];
  if (collection.kind === 'ARRAY') {
    if (!isInteger(index)) return { error: 'the index of an array must be an integer' };
    const literal = shape.literals[1];
    if (typeof literal === 'number' && literal < 1) return { error: 'the elements of an array are counted from 1' };
    return { type: nullable(collection.element, true) };
  }
  if (collection.kind === 'MAP') {
    const key = findCommonType([collection.key, index]);
    if (key === null || isCharacter(key) !== isCharacter(collection.key)) return { error: 'the key has another type' };
    return { type: nullable(collection.value, true), args: [undefined, nullable(collection.key, index.nullable)] };
  }
  if (collection.kind === 'ROW') {
    const position = shape.literals[1];
    const field = typeof position === 'number' ? collection.fields[position - 1] : undefined;
    if (field === undefined) return { error: 'the number of a field must be a literal from 1 to their count' };
    return { type: nullable(field.type, collection.nullable || field.type.nullable) };
  }
  return { error: 'it takes an array, a map or a row' };
}

export const item = defineScalar({
  name: 'ITEM',
  syntax: 'special',
  arity: 2,
  signature: '(array[index])\n(map[key])',
  doc: 'The element at the index, counted from 1, or the value of the key; NULL if there is none.',
  infer: inferItem,
  evaluate: ([collection, index], call) => {
    const type = call.argTypes[0]!;
    if (type.kind === 'ROW') return (collection as readonly Value[])[(index as number) - 1]!;
    if (type.kind === 'ARRAY') {
      return (collection as readonly Value[])[Number(index) - 1] ?? null;
    }
    if (type.kind !== 'MAP') return null;
    const wanted = valueKey(index!, type.key);
    return (collection as Entries).find(([key]) => valueKey(key, type.key) === wanted)?.[1] ?? null;
  },
});

export const getField = defineScalar({
  name: 'GET',
  syntax: 'special',
  arity: 2,
  signature: '(row.field)',
  doc: 'A field of a row; NULL if the row is.',
  infer: (shape) => {
    const [row] = shape.types as [DataType, DataType];
    const index = shape.literals[1];
    if (row.kind !== 'ROW' || typeof index !== 'number') return { error: 'it takes a row' };
    const field = row.fields[index]!.type;
    return { type: nullable(field, row.nullable || field.nullable) };
  },
  evaluate: ([row, index]) => (row as readonly Value[])[index as number]!,
});

export const element = defineScalar({
  name: 'ELEMENT',
  arity: 1,
  signature: '(ARRAY)',
  doc: 'The only element of an array; NULL if it is empty, an error if there are more.',
  examples: [['ELEMENT(ARRAY[7])', 'CAST(7 AS INT)']],
  infer: infer(
    [ARRAY_FAMILY],
    (shape) => {
      const list = shape.types[0] as DataType & { readonly element: DataType };
      return nullable(list.element, list.nullable || list.element.nullable);
    },
    'as-is',
  ),
  evaluate: ([value]) => {
    const list = value as readonly Value[];
    if (list.length > 1)
      throw new EngineError('RUN-ARGUMENT', `ELEMENT takes an array of one element, not of ${list.length}`);
    return list[0] ?? null;
  },
});
