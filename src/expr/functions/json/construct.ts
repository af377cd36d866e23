/** JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_QUOTE, JSON_UNQUOTE, JSON: values as JSON text. */
import { EngineError } from '../../../base/errors.ts';
import { type DataType, isCharacter, nullable, STRING } from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import { type CallShape, defineScalar, type Evaluation, type Inference } from '../define.ts';
import { CHARACTER, infer, orNull } from '../infer.ts';
import { isJsonType, objectNode, toJsonNode } from './from-value.ts';
import { type JsonNode, parseJson, printJson, quoteJson, tryParseJson } from './node.ts';

/** A value of the constructors: JSON already if it comes from one of them (marked J), else turned into it. */
function member(value: Value, type: DataType, mark: string): JsonNode {
  return mark === 'J' && value !== null ? parseJson(value as string) : toJsonNode(value, type);
}

/** The clause and the marks that json-clauses.ts writes before the members; a plain call has none. */
function hasClauses(shape: CallShape, values: number): boolean {
  const [onNull, marks] = shape.literals;
  return (onNull === 'NULL' || onNull === 'ABSENT') && typeof marks === 'string' && marks.length === values;
}

const NO_CLAUSES = { error: 'its clauses must be resolved first' };

function inferMembers(values: (shape: CallShape) => readonly DataType[]) {
  return (shape: CallShape): Inference => {
    const refused = values(shape).find((type) => !isJsonType(type));
    if (refused !== undefined) return { error: `a value of type ${refused.kind} cannot stand in JSON` };
    return { type: STRING };
  };
}

export const jsonObject = defineScalar({
  name: 'JSON_OBJECT',
  syntax: 'special',
  arity: [2, Number.POSITIVE_INFINITY],
  strict: false,
  signature: '([KEY] key VALUE value, … [NULL | ABSENT ON NULL]) → STRING',
  doc: 'A JSON object; NULL values are written, unless ABSENT ON NULL.',
  examples: [["JSON_OBJECT('a' VALUE 1)", 'CAST(\'{"a":1}\' AS STRING)']],
  infer: (shape) => {
    if (!hasClauses(shape, (shape.types.length - 2) / 2)) return NO_CLAUSES;
    for (let i = 2; i < shape.types.length; i += 2) {
      if (!isCharacter(shape.types[i]!)) return { error: 'a key must be a string' };
      if (typeof shape.literals[i] !== 'string') return { error: 'a key must be a literal' };
    }
    return inferMembers(({ types }) => types.slice(2).filter((_, i) => i % 2 === 1))(shape);
  },
  evaluate: (args, call) => {
    const members: (readonly [string, JsonNode])[] = [];
    for (let i = 2; i < args.length; i += 2) {
      const node = member(args[i + 1]!, call.argTypes[i + 1]!, (args[1] as string)[i / 2 - 1]!);
      if (node.kind !== 'null' || args[0] === 'NULL') members.push([args[i] as string, node]);
    }
    return printJson(objectNode(members));
  },
});

export const jsonArray = defineScalar({
  name: 'JSON_ARRAY',
  syntax: 'special',
  arity: [2, Number.POSITIVE_INFINITY],
  strict: false,
  signature: '(value, … [NULL | ABSENT ON NULL]) → STRING',
  doc: 'A JSON array; NULL values are left out, unless NULL ON NULL.',
  examples: [["JSON_ARRAY(1, 'a')", 'CAST(\'[1,"a"]\' AS STRING)']],
  infer: (shape) =>
    hasClauses(shape, shape.types.length - 2) ? inferMembers(({ types }) => types.slice(2))(shape) : NO_CLAUSES,
  evaluate: (args, call) => {
    const nodes = args.slice(2).map((value, i) => member(value, call.argTypes[i + 2]!, (args[1] as string)[i]!));
    const items = args[0] === 'NULL' ? nodes : nodes.filter((node) => node.kind !== 'null');
    return printJson({ kind: 'array', items });
  },
});

export const jsonString = defineScalar({
  name: 'JSON_STRING',
  arity: 1,
  signature: '(ANY) → STRING',
  doc: 'The value as JSON.',
  examples: [["JSON_STRING('a')", 'CAST(\'"a"\' AS STRING)']],
  infer: (shape) => {
    if (shape.types[0]!.kind === 'NULL') return { type: nullable(STRING), args: [nullable(STRING)] };
    const inferred = inferMembers(({ types }) => types)(shape);
    return 'error' in inferred ? inferred : { type: nullable(STRING, shape.types[0]!.nullable) };
  },
  evaluate: ([value], call: Evaluation) => printJson(toJsonNode(value!, call.argTypes[0]!)),
});

export const jsonQuote = defineScalar({
  name: 'JSON_QUOTE',
  arity: 1,
  signature: '(STRING) → STRING',
  doc: 'The text as a JSON string, everything but ASCII escaped.',
  examples: [["JSON_QUOTE('a')", 'CAST(\'"a"\' AS STRING)']],
  infer: infer([CHARACTER], () => STRING),
  evaluate: ([text]) =>
    quoteJson(text as string).replace(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
});

export const jsonUnquote = defineScalar({
  name: 'JSON_UNQUOTE',
  arity: 1,
  signature: '(STRING) → STRING',
  doc: 'The text of a JSON string; what is no JSON string stays as it is.',
  examples: [['JSON_UNQUOTE(\'"a"\')', "CAST('a' AS STRING)"]],
  infer: infer([orNull(CHARACTER, STRING)], () => STRING),
  evaluate: ([text]) => {
    const node = tryParseJson(text as string);
    return node?.kind === 'string' ? node.text : text!;
  },
});

export const json = defineScalar({
  name: 'JSON',
  arity: 1,
  signature: '(STRING) → STRING',
  doc: 'Inside JSON_OBJECT and JSON_ARRAY: the text is JSON, not a string.',
  infer: infer([CHARACTER], () => STRING),
  evaluate: ([text]) => {
    if (tryParseJson(text as string) === null) throw new EngineError('RUN-JSON', `'${text as string}' is not JSON`);
    return text!;
  },
});
