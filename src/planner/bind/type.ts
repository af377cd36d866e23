/** Data types as written → types. */
import { unreachable } from '../../base/assert.ts';
import { EngineError, notSupported, type Span } from '../../base/errors.ts';
import type { SimpleType, TypeNode } from '../../sql/ast.ts';
import {
  array,
  BYTES,
  binary,
  char,
  type DataType,
  decimal,
  MAX_DECIMAL_PRECISION,
  MAX_LENGTH,
  map,
  multiset,
  nullable,
  row,
  STRING,
  time,
  timestamp,
  timestampLtz,
  varbinary,
  varchar,
} from '../../types/data-type.ts';

/** Nullable unless NOT NULL is written. @throws EngineError SQL-TYPE for lengths and precisions out of range */
export function bindType(node: TypeNode): DataType {
  return nullable(kindOf(node), node.nullable !== false);
}

function kindOf(node: TypeNode): DataType {
  switch (node.kind) {
    case 'simple-type':
      return simpleType(node);
    case 'collection-type':
      return node.name === 'ARRAY' ? array(bindType(node.element)) : multiset(bindType(node.element));
    case 'map-type':
      return map(bindType(node.key), bindType(node.value));
    case 'row-type':
      return row(node.fields.map((field) => ({ name: field.name.name, type: bindType(field.type) })));
    case 'structured-type':
      throw notSupported('the type STRUCTURED', node.span, 'use ROW<…>');
    case 'raw-type':
      throw notSupported('the type RAW', node.span);
    case 'named-type':
      throw new EngineError('SQL-TYPE', `unknown type ${node.name.parts.map((part) => part.name).join('.')}`, {
        span: node.span,
        hint: 'types are those of Flink: INT, BIGINT, STRING, DECIMAL(p, s), TIMESTAMP(p), ARRAY<…>, ROW<…>, …',
      });
    default:
      return unreachable(node);
  }
}

function simpleType(node: SimpleType): DataType {
  const [first, second] = node.parameters;
  switch (node.name) {
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DATE':
      return { kind: node.name, nullable: false };
    case 'STRING':
      return STRING;
    case 'BYTES':
      return BYTES;
    case 'CHAR':
      return char(lengthOf(node, 1));
    case 'VARCHAR':
      return varchar(lengthOf(node, MAX_LENGTH));
    case 'BINARY':
      return binary(lengthOf(node, 1));
    case 'VARBINARY':
      return varbinary(lengthOf(node, MAX_LENGTH));
    case 'DECIMAL': {
      const precision = Math.min(first ?? 10, MAX_DECIMAL_PRECISION);
      inRange('precision of DECIMAL', precision, 1, MAX_DECIMAL_PRECISION, node.span);
      return decimal(precision, inRange('scale of DECIMAL', second ?? 0, 0, precision, node.span));
    }
    case 'TIME':
      return time(Math.min(first ?? 0, MAX_TIME_PRECISION));
    case 'TIMESTAMP':
      return timestamp(Math.min(first ?? 6, MAX_TIMESTAMP_PRECISION));
    case 'TIMESTAMP_LTZ':
      return timestampLtz(Math.min(first ?? 6, MAX_TIMESTAMP_PRECISION));
    case 'VARIANT':
    case 'BITMAP':
      throw notSupported(`the type ${node.name}`, node.span);
    default:
      return unreachable(node.name);
  }
}

/** What is beyond what can be held is cut to it, as in Flink. */
const MAX_TIMESTAMP_PRECISION = 9;
const MAX_TIME_PRECISION = 3;

function lengthOf({ name, parameters, span }: SimpleType, fallback: number): number {
  return inRange(`length of ${name}`, parameters[0] ?? fallback, 0, MAX_LENGTH, span);
}

function inRange(what: string, value: number, least: number, most: number, span: Span): number {
  if (value >= least && value <= most) return value;
  const message = `the ${what} must be between ${least} and ${most} (both inclusive), not ${value}`;
  throw new EngineError('SQL-TYPE', message, { span });
}
