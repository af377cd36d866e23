/** Functions of maps. */
import { EngineError } from '../../../base/errors.ts';
import { leastRestrictive } from '../../../types/coerce.ts';
import { array, type DataType, map, nullable, row, STRING } from '../../../types/data-type.ts';
import type { Entries, Value } from '../../../types/value.ts';
import { type CallShape, defineScalar, type Inference } from '../define.ts';
import { ARRAY_FAMILY, CHARACTER, infer, MAP_FAMILY } from '../infer.ts';
import { javaRegExp } from '../string/pattern.ts';
import { uniqueEntries } from './entries.ts';

type MapType = DataType & { readonly kind: 'MAP'; readonly key: DataType; readonly value: DataType };

function mapType(shape: CallShape): MapType {
  return shape.types[0] as MapType;
}

export const mapKeys = defineScalar({
  name: 'MAP_KEYS',
  arity: 1,
  signature: '(MAP) → ARRAY',
  doc: 'The keys, in no particular order.',
  infer: infer([MAP_FAMILY], (shape) => array(mapType(shape).key)),
  evaluate: ([entries]) => (entries as Entries).map(([key]) => key),
});

export const mapValues = defineScalar({
  name: 'MAP_VALUES',
  arity: 1,
  signature: '(MAP) → ARRAY',
  doc: 'The values, in no particular order.',
  infer: infer([MAP_FAMILY], (shape) => array(mapType(shape).value)),
  evaluate: ([entries]) => (entries as Entries).map(([, value]) => value),
});

export const mapEntries = defineScalar({
  name: 'MAP_ENTRIES',
  arity: 1,
  signature: '(MAP) → ARRAY<ROW<key, value>>',
  doc: 'The pairs as rows with the fields `key` and `value`.',
  infer: infer([MAP_FAMILY], (shape) => {
    const { key, value } = mapType(shape);
    const pair = row([
      { name: 'key', type: key },
      { name: 'value', type: value },
    ]);
    return array(nullable(pair));
  }),
  evaluate: ([entries]) => entries!,
});

export const mapFromArrays = defineScalar({
  name: 'MAP_FROM_ARRAYS',
  arity: 2,
  signature: '(keys ARRAY, values ARRAY) → MAP',
  doc: 'A map of the keys and the values at the same positions.',
  infer: infer([ARRAY_FAMILY, ARRAY_FAMILY], (shape) => {
    const [keys, values] = shape.types as [DataType & { element: DataType }, DataType & { element: DataType }];
    return map(keys.element, values.element);
  }),
  evaluate: ([keys, values], call) => {
    const [ks, vs] = [keys as readonly Value[], values as readonly Value[]];
    if (ks.length !== vs.length) {
      throw new EngineError('RUN-ARGUMENT', `MAP_FROM_ARRAYS got ${ks.length} keys and ${vs.length} values`);
    }
    const pairs = ks.map((key, i) => [key, vs[i]!] as const);
    return uniqueEntries(pairs, (call.type as MapType).key);
  },
});

function inferUnion(shape: CallShape): Inference {
  if (!shape.types.every((type) => type.kind === 'MAP')) return { error: 'the arguments must be maps' };
  const type = leastRestrictive(shape.types);
  if (type === null) return { error: 'the maps have no common type' };
  return { type, args: shape.types.map((each) => nullable(type, each.nullable)) };
}

export const mapUnion = defineScalar({
  name: 'MAP_UNION',
  arity: [1, Number.POSITIVE_INFINITY],
  signature: '(MAP, …) → MAP',
  doc: 'All pairs; of equal keys the last wins.',
  infer: inferUnion,
  evaluate: (maps, call) => uniqueEntries((maps as readonly Entries[]).flat(), (call.type as MapType).key),
});

export const strToMap = defineScalar({
  name: 'STR_TO_MAP',
  arity: [1, 3],
  signature:
    '(text STRING) → MAP<STRING, STRING>\n' +
    '(text STRING, between_pairs STRING, between_key_and_value STRING) → MAP<STRING, STRING>',
  doc: 'A map from text such as a=1,b=2; the delimiters are regular expressions. A pair without a value is NULL.',
  infer: (shape) =>
    shape.types.length === 2
      ? { error: 'give both delimiters or none' }
      : infer([CHARACTER, CHARACTER, CHARACTER], () => map(nullable(STRING), nullable(STRING)), 'always')(shape),
  evaluate: ([text, pairDelimiter = ',', valueDelimiter = '='], call) => {
    if (text === '') return [];
    const entries = splitAs(text as string, pairDelimiter as string, Number.POSITIVE_INFINITY).map(
      (pair): readonly [Value, Value] => {
        const [key, value] = splitAs(pair, valueDelimiter as string, 2);
        return [key ?? '', value ?? null];
      },
    );
    return uniqueEntries(entries, (call.type as MapType).key);
  },
});

/** Java's String.split: the delimiter is a regular expression; without a limit empty parts at the end are dropped. */
function splitAs(text: string, pattern: string, limit: number): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (const match of text.matchAll(javaRegExp(pattern, 'g') ?? /$^/g)) {
    if (parts.length + 1 >= limit) break;
    const end = match.index + match[0].length;
    if (end === 0 || (match[0] === '' && match.index >= text.length)) continue;
    parts.push(text.slice(start, match.index));
    start = end;
  }
  parts.push(text.slice(start));
  if (limit === Number.POSITIVE_INFINITY) while (parts.length > 0 && parts.at(-1) === '') parts.pop();
  return parts;
}
