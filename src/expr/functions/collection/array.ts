/** Functions of arrays. Positions count from 1, negative ones from the end. */
import { findCommonType, leastRestrictive } from '../../../types/coerce.ts';
import {
  array,
  BOOLEAN,
  type DataType,
  INT,
  isBinary,
  isCharacter,
  nullable,
  STRING,
} from '../../../types/data-type.ts';
import { compareValues, type Value, valueKey } from '../../../types/value.ts';
import { isNested } from '../comparison/common.ts';
import { type CallShape, defineScalar, type Evaluation, type Inference, type ScalarFunction } from '../define.ts';
import { ARRAY_FAMILY, BOOLEAN_FAMILY, CHARACTER, type Family, INTEGER, infer } from '../infer.ts';

type List = readonly Value[];

function elementOf(type: DataType): DataType {
  return (type as DataType & { readonly element: DataType }).element;
}

/** The key under which equal elements meet. */
function keyOf(call: Evaluation): (value: Value) => string {
  const element = elementOf(call.argTypes[0]!);
  return (value) => valueKey(value, element);
}

const COMPARABLE_ARRAY: Family = {
  name: 'an array of comparable elements',
  accepts: (type) => type.kind === 'ARRAY' && !isNested(elementOf(type)) && elementOf(type).kind !== 'BOOLEAN',
};

/** Can a value of this type stand as an element, without a CAST that loses something? */
function fitsElement(type: DataType, element: DataType): boolean {
  if (type.kind === 'NULL') return element.nullable;
  if (isCharacter(type) && isCharacter(element)) return element.kind === 'VARCHAR' || type.kind === 'CHAR';
  if (isBinary(type) && isBinary(element)) return true;
  const common = findCommonType([type, element]);
  return common !== null && common.kind === element.kind;
}

/** (array, element): the element is cast to the type of the array's; null if it does not fit. */
function castElement(shape: CallShape): DataType | null {
  const [list, value] = shape.types as [DataType, DataType];
  if (list.kind !== 'ARRAY' || !fitsElement(value, list.element)) return null;
  return nullable(list.element, value.nullable);
}

const NO_ELEMENT = { error: 'it takes an array and an element of it' };

function search(
  name: string,
  doc: string,
  returns: DataType,
  strict: boolean,
  find: (list: List, value: Value, call: Evaluation) => Value,
): ScalarFunction {
  return defineScalar({
    name,
    arity: 2,
    strict: false,
    signature: '(array ARRAY, element ANY)',
    doc,
    infer: (shape): Inference => {
      const value = castElement(shape);
      if (value === null) return NO_ELEMENT;
      const isNull = strict ? shape.types.some((type) => type.nullable) : shape.types[0]!.nullable;
      const type = returns.kind === 'ARRAY' ? shape.types[0]! : returns;
      return { type: nullable(type, isNull), args: [undefined, value] };
    },
    evaluate: ([list, value], call) => {
      if (list === null || (strict && value === null)) return null;
      return find(list as List, value!, call);
    },
  });
}

export const arrayContains = search(
  'ARRAY_CONTAINS',
  'Is the element in the array? NULL can be searched for.',
  BOOLEAN,
  false,
  (list, value, call) => list.map(keyOf(call)).includes(keyOf(call)(value)),
);

export const arrayPosition = search(
  'ARRAY_POSITION',
  'The position of the first occurrence, 0 if there is none.',
  INT,
  true,
  (list, value, call) => list.map(keyOf(call)).indexOf(keyOf(call)(value)) + 1,
);

export const arrayRemove = search(
  'ARRAY_REMOVE',
  'The array without the elements that equal this one.',
  array(INT),
  false,
  (list, value, call) => {
    const key = keyOf(call);
    return list.filter((each) => key(each) !== key(value));
  },
);

function adding(name: string, doc: string, add: (list: List, value: Value) => Value): ScalarFunction {
  return defineScalar({
    name,
    arity: 2,
    strict: false,
    signature: '(array ARRAY, element ANY) → ARRAY',
    doc,
    infer: (shape): Inference => {
      const value = castElement(shape);
      if (value === null) return NO_ELEMENT;
      const list = shape.types[0]!;
      const type = array(nullable(value, value.nullable || elementOf(list).nullable));
      return { type: nullable(type, list.nullable || value.nullable), args: [nullable(type, list.nullable), value] };
    },
    evaluate: ([list, value]) => (list === null ? null : add(list as List, value!)),
  });
}

export const arrayAppend = adding('ARRAY_APPEND', 'The array with the element at its end.', (list, value) => [
  ...list,
  value,
]);
export const arrayPrepend = adding('ARRAY_PREPEND', 'The array with the element at its start.', (list, value) => [
  value,
  ...list,
]);

/** All arrays in their common type. */
function inferCommon(shape: CallShape): Inference {
  if (!shape.types.every((type) => type.kind === 'ARRAY')) return { error: 'the arguments must be arrays' };
  const type = leastRestrictive(shape.types);
  if (type === null) return { error: 'the arrays have no common type' };
  return { type, args: shape.types.map((each) => nullable(type, each.nullable)) };
}

function combining(
  name: string,
  doc: string,
  arity: 2 | readonly [number, number],
  combine: (lists: readonly List[], key: (value: Value) => string) => Value,
): ScalarFunction {
  return defineScalar({
    name,
    arity,
    signature: '(ARRAY, ARRAY) → ARRAY',
    doc,
    infer: inferCommon,
    evaluate: (lists, call) => combine(lists as readonly List[], keyOf(call)),
  });
}

function distinct(list: List, key: (value: Value) => string): List {
  const seen = new Set<string>();
  return list.filter((value) => {
    const isNew = !seen.has(key(value));
    seen.add(key(value));
    return isNew;
  });
}

export const arrayConcat = combining(
  'ARRAY_CONCAT',
  'All arrays, one after the other.',
  [1, Number.POSITIVE_INFINITY],
  (lists) => lists.flat(),
);
export const arrayUnion = combining('ARRAY_UNION', 'The distinct elements of both arrays.', 2, (lists, key) =>
  distinct(lists.flat(), key),
);
export const arrayIntersect = combining(
  'ARRAY_INTERSECT',
  'The distinct elements that are in both arrays.',
  2,
  ([a, b], key) => {
    const other = new Set(b!.map(key));
    return distinct(a!, key).filter((value) => other.has(key(value)));
  },
);
export const arrayExcept = combining(
  'ARRAY_EXCEPT',
  'The elements of the first array that are not in the second, which takes away as many as it has.',
  2,
  ([a, b], key) => {
    const left = new Map<string, number>();
    for (const value of b!) left.set(key(value), (left.get(key(value)) ?? 0) + 1);
    return distinct(
      a!.filter((value) => !left.has(key(value))),
      key,
    );
  },
);

export const arrayDistinct = defineScalar({
  name: 'ARRAY_DISTINCT',
  arity: 1,
  signature: '(ARRAY) → ARRAY',
  doc: 'The distinct elements, in order of first occurrence.',
  infer: infer([ARRAY_FAMILY], (shape) => shape.types[0]!),
  evaluate: ([list], call) => distinct(list as List, keyOf(call)),
});

export const arrayReverse = defineScalar({
  name: 'ARRAY_REVERSE',
  arity: 1,
  signature: '(ARRAY) → ARRAY',
  doc: 'The elements in reverse order.',
  infer: infer([ARRAY_FAMILY], (shape) => shape.types[0]!),
  evaluate: ([list]) => [...(list as List)].reverse(),
});

export const arraySlice = defineScalar({
  name: 'ARRAY_SLICE',
  arity: [2, 3],
  signature: '(ARRAY, from INT) → ARRAY\n(ARRAY, from INT, to INT) → ARRAY',
  doc: 'The elements from one position to another, both included.',
  examples: [['CARDINALITY(ARRAY_SLICE(ARRAY[1, 2, 3], 2, 3))', '2']],
  infer: infer([ARRAY_FAMILY, INTEGER, INTEGER], (shape) => shape.types[0]!),
  evaluate: ([list, from, to]) => {
    const items = list as List;
    const position = (at: number): number => (at < 0 ? items.length + at + 1 : at);
    const start = Math.max(1, position(from as number));
    const end = to === undefined ? items.length : to === 0 ? 1 : position(to as number);
    return end < start ? [] : items.slice(start - 1, end);
  },
});

export const arraySort = defineScalar({
  name: 'ARRAY_SORT',
  arity: [1, 3],
  signature:
    '(ARRAY) → ARRAY\n(ARRAY, ascending BOOLEAN) → ARRAY\n(ARRAY, ascending BOOLEAN, nulls_first BOOLEAN) → ARRAY',
  doc: 'The elements in order; NULLs come first if ascending, unless said otherwise.',
  infer: infer([COMPARABLE_ARRAY, BOOLEAN_FAMILY, BOOLEAN_FAMILY], (shape) => shape.types[0]!),
  evaluate: ([list, ascending = true, nullsFirst = ascending], call) => {
    const element = elementOf(call.argTypes[0]!);
    const sign = ascending === true ? 1 : -1;
    const nullOrder = nullsFirst === true ? -1 : 1;
    return [...(list as List)].sort((a, b) => {
      if (a === null || b === null) return a === b ? 0 : a === null ? nullOrder : -nullOrder;
      return sign * compareValues(a, b, element);
    });
  },
});

function extreme(name: string, doc: string, sign: 1 | -1): ScalarFunction {
  return defineScalar({
    name,
    arity: 1,
    signature: '(ARRAY)',
    doc,
    infer: infer([COMPARABLE_ARRAY], (shape) => elementOf(shape.types[0]!), 'always'),
    evaluate: ([list], call) => {
      const element = elementOf(call.argTypes[0]!);
      return (list as List).reduce<Value>(
        (best, each) =>
          each !== null && (best === null || sign * compareValues(each, best, element) > 0) ? each : best,
        null,
      );
    },
  });
}

export const arrayMax = extreme('ARRAY_MAX', 'The greatest element that is not NULL.', 1);
export const arrayMin = extreme('ARRAY_MIN', 'The least element that is not NULL.', -1);

const STRING_ARRAY: Family = {
  name: 'an array of strings',
  accepts: (type) => type.kind === 'ARRAY' && isCharacter(elementOf(type)),
};

export const arrayJoin = defineScalar({
  name: 'ARRAY_JOIN',
  arity: [2, 3],
  signature: '(ARRAY<STRING>, separator STRING) → STRING\n(ARRAY<STRING>, separator STRING, null_text STRING) → STRING',
  doc: 'The elements with the separator between them; NULLs are passed over, or written as the third argument.',
  examples: [["ARRAY_JOIN(ARRAY['a', 'b'], '-')", "CAST('a-b' AS STRING)"]],
  infer: infer([STRING_ARRAY, CHARACTER, CHARACTER], () => STRING),
  evaluate: ([list, separator, nullText]) =>
    (list as List)
      .map((each) => each ?? nullText ?? null)
      .filter((each) => each !== null)
      .join(separator as string),
});

export const split = defineScalar({
  name: 'SPLIT',
  arity: 2,
  signature: '(text STRING, separator STRING) → ARRAY<STRING>',
  doc: 'The parts of a text between separators; its characters if the separator is empty.',
  examples: [["SPLIT('a,b', ',')[1]", "CAST('a' AS STRING)"]],
  infer: infer([CHARACTER, CHARACTER], () => array(nullable(STRING))),
  evaluate: ([text, separator]) =>
    separator === '' ? Array.from(text as string) : (text as string).split(separator as string),
});
