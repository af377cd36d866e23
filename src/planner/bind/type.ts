/** Data types as written → types. */
import { unreachable } from '../../base/assert.ts';
import { EngineError, notSupported, type Span } from '../../base/errors.ts';
import type { IntervalQualifier, SimpleType, TypeNode } from '../../sql/ast.ts';
import {
  array,
  BYTES,
  binary,
  char,
  type DataType,
  decimal,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
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
import { MONTHS_PER } from '../../types/interval.ts';

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
      return char(inRange('length of CHAR', first ?? 1, 1, MAX_LENGTH, node.span));
    case 'VARCHAR':
      return varchar(inRange('length of VARCHAR', first ?? 1, 1, MAX_LENGTH, node.span));
    case 'BINARY':
      return binary(inRange('length of BINARY', first ?? 1, 1, MAX_LENGTH, node.span));
    case 'VARBINARY':
      return varbinary(inRange('length of VARBINARY', first ?? 1, 1, MAX_LENGTH, node.span));
    case 'DECIMAL': {
      const precision = inRange('precision of DECIMAL', first ?? 10, 1, MAX_DECIMAL_PRECISION, node.span);
      return decimal(precision, inRange('scale of DECIMAL', second ?? 0, 0, precision, node.span));
    }
    case 'TIME':
      return time(inRange('precision of TIME', first ?? 0, 0, 9, node.span));
    case 'TIMESTAMP':
      return timestamp(inRange('precision of TIMESTAMP', first ?? 6, 0, 9, node.span));
    case 'TIMESTAMP_LTZ':
      return timestampLtz(inRange('precision of TIMESTAMP_LTZ', first ?? 6, 0, 9, node.span));
    case 'VARIANT':
    case 'BITMAP':
      throw notSupported(`the type ${node.name}`, node.span);
    default:
      return unreachable(node.name);
  }
}

function inRange(what: string, value: number, least: number, most: number, span: Span): number {
  if (value >= least && value <= most) return value;
  const message = `the ${what} must be between ${least} and ${most} (both inclusive), not ${value}`;
  throw new EngineError('SQL-TYPE', message, { span });
}

/** The type of an interval with these units. */
export function intervalType(qualifier: IntervalQualifier): DataType {
  return qualifier.from in MONTHS_PER ? INTERVAL_YEAR_MONTH : INTERVAL_DAY_TIME;
}
