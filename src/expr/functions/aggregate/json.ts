/** JSON_OBJECTAGG and JSON_ARRAYAGG, each with NULLs written or left out. */
import { EngineError } from '../../../base/errors.ts';
import { type DataType, isCharacter, varchar } from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import { type AggregateFunction, defineAggregate } from '../define.ts';
import { toJsonNode } from '../json/from-value.ts';
import { type JsonNode, printJson } from '../json/node.ts';
import { appendAll, emptyValues, removeValue, type Values } from './values.ts';

/** The length that Flink's type has; the text may be longer. */
const RESULT = varchar(2000);

interface Members {
  readonly entries: (readonly [string, Value])[];
}

function nodes(values: readonly Value[], type: DataType, writesNull: boolean): readonly JsonNode[] {
  return values.filter((value) => writesNull || value !== null).map((value) => toJsonNode(value, type));
}

function objectAgg(name: string, aliases: readonly string[], writesNull: boolean): AggregateFunction<Members> {
  return defineAggregate<Members>({
    name,
    aliases,
    signature: '(KEY key VALUE value [NULL | ABSENT ON NULL]) → VARCHAR(2000)',
    doc: 'A JSON object of the keys and values of the group; a NULL or repeated key is an error.',
    arity: 2,
    infer: ({ types }) => (isCharacter(types[0]!) ? { type: RESULT } : { error: 'the key must be a string' }),
    create: () => ({ entries: [] }),
    accumulate: (members, [key, value]) => {
      if (key === null) throw new EngineError('RUN-JSON', 'a key of JSON_OBJECTAGG is NULL');
      if (members.entries.some(([each]) => each === key)) {
        throw new EngineError('RUN-JSON', `key '${String(key)}' occurs twice in JSON_OBJECTAGG`);
      }
      members.entries.push([key as string, value!]);
    },
    retract: (members, [key]) => {
      const index = members.entries.findIndex(([each]) => each === key);
      if (index >= 0) members.entries.splice(index, 1);
    },
    merge: (members, other) => {
      members.entries.push(...other.entries);
    },
    result: (members, call) => {
      const written = members.entries.filter(([, value]) => writesNull || value !== null);
      const type = call.argTypes[1]!;
      return printJson({ kind: 'object', members: new Map(written.map(([k, v]) => [k, toJsonNode(v, type)])) });
    },
  });
}

function arrayAgg(name: string, aliases: readonly string[], writesNull: boolean): AggregateFunction<Values> {
  return defineAggregate<Values>({
    name,
    aliases,
    signature: '(value [NULL | ABSENT ON NULL]) → VARCHAR(2000)',
    doc: 'A JSON array of the values of the group.',
    arity: 1,
    orderSensitive: true,
    infer: () => ({ type: RESULT }),
    create: emptyValues,
    accumulate: (values, [value]) => {
      values.items.push(value!);
    },
    retract: (values, [value], call) => removeValue(values, value!, call.argTypes[0]!),
    merge: appendAll,
    result: (values, call) => printJson({ kind: 'array', items: nodes(values.items, call.argTypes[0]!, writesNull) }),
  });
}

export const jsonObjectAgg = objectAgg('JSON_OBJECTAGG_NULL_ON_NULL', ['JSON_OBJECTAGG'], true);
export const jsonObjectAggAbsent = objectAgg('JSON_OBJECTAGG_ABSENT_ON_NULL', [], false);
export const jsonArrayAgg = arrayAgg('JSON_ARRAYAGG_ABSENT_ON_NULL', ['JSON_ARRAYAGG'], false);
export const jsonArrayAggNull = arrayAgg('JSON_ARRAYAGG_NULL_ON_NULL', [], true);
