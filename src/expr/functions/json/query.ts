/**
 * JSON_EXISTS, JSON_VALUE, JSON_QUERY, IS JSON. What happens when nothing is found or something fails comes as
 * symbols, in the order that json-clauses.ts writes: JSON_VALUE(text, path, onEmpty, default, onError, default).
 */
import { EngineError } from '../../../base/errors.ts';
import { BOOLEAN, type DataType, isCharacter, nullable, STRING } from '../../../types/data-type.ts';
import { formatBigDecimal, parseDecimal } from '../../../types/decimal.ts';
import { UTC } from '../../../types/time-zone.ts';
import type { Value } from '../../../types/value.ts';
import { castValue } from '../conversion/cast.ts';
import { type CallShape, defineScalar, type Evaluation, type Inference, type ScalarFunction } from '../define.ts';
import { CHARACTER, infer } from '../infer.ts';
import { isScalar, type JsonNode, parseJson, printJson, tryParseJson } from './node.ts';
import { followPath, parsePath } from './path.ts';

/** Text and path must be strings, the path a literal; the rest are clauses. */
function inferPath(returns: DataType) {
  return (shape: CallShape): Inference => {
    const [text, path] = shape.types as [DataType, DataType];
    if (!isCharacter(text) || !isCharacter(path)) return { error: 'it takes a JSON text and a path' };
    if (typeof shape.literals[1] !== 'string') return { error: 'the path must be a literal' };
    return { type: nullable(returns) };
  };
}

type Found = { readonly nodes: readonly JsonNode[] } | { readonly empty: true } | { readonly error: EngineError };

function find(text: string, pathText: string): Found {
  try {
    const path = parsePath(pathText);
    const nodes = followPath(parseJson(text), path);
    if (nodes !== 'missing') return path.definite ? { nodes } : { nodes: [{ kind: 'array', items: nodes }] };
    if (path.mode === 'lax') return { empty: true };
    return { error: new EngineError('RUN-JSON', `no results for path ${pathText}`) };
  } catch (error) {
    if (error instanceof EngineError) return { error };
    throw error;
  }
}

export const jsonExists = defineScalar({
  name: 'JSON_EXISTS',
  syntax: 'special',
  arity: 3,
  strict: false,
  signature: '(text STRING, path STRING [TRUE | FALSE | UNKNOWN | ERROR ON ERROR]) → BOOLEAN',
  doc: 'Does the path lead to something? FALSE on an error, unless said otherwise.',
  examples: [["JSON_EXISTS('{\"a\":1}', '$.a')", 'TRUE']],
  infer: inferPath(BOOLEAN),
  evaluate: ([text, path, onError]) => {
    if (text === null) return null;
    const found = find(text as string, path as string);
    if ('nodes' in found) return found.nodes[0]!.kind !== 'null';
    if ('empty' in found || onError === 'FALSE') return false;
    if (onError === 'ERROR') throw found.error;
    return onError === 'TRUE' ? true : null;
  },
});

export const jsonValue = defineScalar({
  name: 'JSON_VALUE',
  syntax: 'special',
  arity: 6,
  strict: false,
  signature:
    '(text STRING, path STRING [RETURNING type] [{NULL | ERROR | DEFAULT value} ON EMPTY] ' +
    '[{NULL | ERROR | DEFAULT value} ON ERROR])',
  doc:
    'The scalar at the path as STRING, BOOLEAN, INT or DOUBLE. ' +
    'A path without a mode is strict: what is missing is an error.',
  examples: [["JSON_VALUE('{\"a\":1}', '$.a')", "CAST('1' AS STRING)"]],
  infer: inferPath(STRING),
  evaluate: ([text, path, onEmpty, emptyDefault, onError, errorDefault], call) => {
    if (text === null) return null;
    const fail = (error: EngineError): Value => {
      if (onError === 'ERROR') throw error;
      return onError === 'DEFAULT' ? errorDefault! : null;
    };
    const found = find(text as string, path as string);
    if ('error' in found) return fail(found.error);
    const node = 'nodes' in found ? found.nodes[0]! : ({ kind: 'null' } as const);
    if (node.kind === 'null') {
      if (onEmpty === 'ERROR') throw new EngineError('RUN-JSON', `nothing at ${path as string}`);
      return onEmpty === 'DEFAULT' ? emptyDefault! : null;
    }
    if (!isScalar(node)) return fail(new EngineError('RUN-JSON', `not a scalar at ${path as string}`));
    return scalarAs(node, call);
  },
});

function scalarAs(node: JsonNode, call: Evaluation): Value {
  const text = node.kind === 'string' ? node.text : node.kind === 'number' ? numberText(node.text) : printJson(node);
  return castValue(text, STRING, call.type, UTC);
}

/** Numbers as BigDecimal prints them: 1e5 is 1E+5. */
function numberText(text: string): string {
  const { unscaled, scale } = parseDecimal(text)!;
  return formatBigDecimal(unscaled, scale);
}

export const jsonQuery = defineScalar({
  name: 'JSON_QUERY',
  syntax: 'special',
  arity: 5,
  strict: false,
  signature:
    '(text STRING, path STRING [{WITHOUT | WITH [CONDITIONAL | UNCONDITIONAL]} ARRAY WRAPPER] ' +
    '[{NULL | EMPTY ARRAY | EMPTY OBJECT | ERROR} ON EMPTY] [… ON ERROR]) → STRING',
  doc: 'The object or array at the path as text.',
  examples: [["JSON_QUERY('{\"a\":[1]}', '$.a')", "CAST('[1]' AS STRING)"]],
  infer: inferPath(STRING),
  evaluate: ([text, path, wrapper, onEmpty, onError], call) => {
    if (text === null) return null;
    const asArray = call.type.kind === 'ARRAY';
    const found = find(text as string, path as string);
    if ('error' in found) return fallback(onError as string, found.error, asArray);
    const none = new EngineError('RUN-JSON', `nothing at ${path as string}`);
    const node = 'nodes' in found ? found.nodes[0]! : null;
    if (node === null || node.kind === 'null') return fallback(onEmpty as string, none, asArray);
    const wrapped = wrap(node, wrapper as string);
    if (isScalar(wrapped)) {
      const scalar = new EngineError('RUN-JSON', `not an object or array at ${path as string}`);
      return fallback(onError as string, scalar, asArray);
    }
    return asArray ? stringItems(wrapped, onError as string) : printJson(wrapped);
  },
});

/** RETURNING ARRAY<STRING>: strings as they are, other items as JSON text. */
function stringItems(node: JsonNode, onError: string): Value {
  if (node.kind !== 'array') return fallback(onError, new EngineError('RUN-JSON', 'not an array'), true);
  return node.items.map((item) => (item.kind === 'null' ? null : item.kind === 'string' ? item.text : printJson(item)));
}

function wrap(node: JsonNode, wrapper: string): JsonNode {
  if (wrapper === 'WITHOUT') return node;
  if (wrapper === 'CONDITIONAL' && node.kind === 'array') return node;
  return { kind: 'array', items: [node] };
}

function fallback(behaviour: string, error: EngineError, asArray: boolean): Value {
  if (behaviour === 'ERROR') throw error;
  if (behaviour === 'EMPTY ARRAY') return asArray ? [] : '[]';
  return behaviour === 'EMPTY OBJECT' ? '{}' : null;
}

function jsonTest(what: string, holds: (node: JsonNode) => boolean, negated: boolean): ScalarFunction {
  return defineScalar({
    name: `IS ${negated ? 'NOT ' : ''}JSON ${what}`,
    syntax: 'operator',
    arity: 1,
    strict: false,
    signature: '(STRING)',
    doc: `Is it ${negated ? 'not ' : ''}the text of a JSON ${what.toLowerCase()}?`,
    infer: infer([CHARACTER], () => BOOLEAN, 'never'),
    evaluate: ([text]) => {
      const node = text === null ? null : tryParseJson(text as string);
      return (node !== null && holds(node)) !== negated;
    },
  });
}

const isObject = (node: JsonNode): boolean => node.kind === 'object';
const isArray = (node: JsonNode): boolean => node.kind === 'array';
const isAny = (): boolean => true;

export const jsonTests: readonly ScalarFunction[] = [false, true].flatMap((negated) => [
  jsonTest('VALUE', isAny, negated),
  jsonTest('OBJECT', isObject, negated),
  jsonTest('ARRAY', isArray, negated),
  jsonTest('SCALAR', isScalar, negated),
]);
