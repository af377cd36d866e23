/**
 * Expressions as EXPLAIN prints them: prefix with typed literals in the physical plan (`=(name, _UTF-16LE'x')`), infix
 * with bare ones in the execution plan (`(name = 'x')`), columns by name.
 */
import type { Expr } from '../expr/expr.ts';
import { type DataType, MAX_LENGTH } from '../types/data-type.ts';
import { formatDecimal } from '../types/decimal.ts';
import { formatDate, formatTime, formatTimestamp } from '../types/temporal.ts';
import { hex, type Value } from '../types/value.ts';

export type ExprFormat = 'prefix' | 'infix';

/** @param names of the columns that the expression refers to */
export function printExpr(expr: Expr, names: readonly string[], format: ExprFormat): string {
  if (expr.kind === 'input-ref') return names[expr.index] ?? `$${expr.index}`;
  if (expr.kind === 'literal') return printLiteral(expr.value, expr.type, format);
  const args = expr.args.map((arg) => printExpr(arg, names, format));
  if (expr.fn === 'CAST' || expr.fn === 'TRY_CAST')
    return `${expr.fn}(${args[0]} AS ${printTypeOf(expr.type, format)})`;
  if (expr.fn === 'AND' || expr.fn === 'OR') return junction(expr.fn, expr.args, names, format);
  if (expr.fn === 'NEGATE') return `-(${args[0]})`;
  if (format === 'infix') {
    if (INFIX.has(expr.fn) && args.length === 2) return `(${args[0]} ${expr.fn} ${args[1]})`;
    if (expr.fn.startsWith('IS ') && args.length === 1) return `${args[0]} ${expr.fn}`;
  }
  return `${expr.fn}(${args.join(', ')})`;
}

const INFIX = new Set(['=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/', '%']);

function junction(fn: string, args: readonly Expr[], names: readonly string[], format: ExprFormat): string {
  const flat = (operands: readonly Expr[]): readonly Expr[] =>
    operands.flatMap((operand) => (operand.kind === 'call' && operand.fn === fn ? flat(operand.args) : [operand]));
  const printed = flat(args).map((operand) => printExpr(operand, names, format));
  return format === 'prefix' ? `${fn}(${printed.join(', ')})` : `(${printed.join(` ${fn} `)})`;
}

/** `INTEGER`, `VARCHAR(2147483647) CHARACTER SET "UTF-16LE"`. */
function printTypeOf(type: DataType, format: ExprFormat): string {
  switch (type.kind) {
    case 'INT':
      return 'INTEGER';
    case 'CHAR':
    case 'VARCHAR':
      return `${type.kind}(${type.length})${format === 'prefix' ? ' CHARACTER SET "UTF-16LE"' : ''}`;
    case 'BINARY':
    case 'VARBINARY':
      return `${type.kind}(${type.length})`;
    case 'DECIMAL':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'TIME':
      return `TIME(${type.precision})`;
    case 'TIMESTAMP':
      return `TIMESTAMP(${type.precision})`;
    case 'TIMESTAMP_LTZ':
      return `TIMESTAMP_WITH_LOCAL_TIME_ZONE(${type.precision})`;
    case 'INTERVAL_YEAR_MONTH':
      return 'INTERVAL MONTH';
    case 'INTERVAL_DAY_TIME':
      return 'INTERVAL SECOND';
    case 'ARRAY':
    case 'MULTISET':
      return `${printTypeOf(type.element, 'infix')} ${type.kind}`;
    case 'MAP':
      return `(${printTypeOf(type.key, 'infix')}, ${printTypeOf(type.value, 'infix')}) MAP`;
    case 'ROW':
      return recordType(type.fields.map((field) => [field.name, field.type] as const));
    default:
      return type.kind;
  }
}

/** `RecordType(INTEGER id, VARCHAR(2147483647) name)`. */
export function recordType(fields: readonly (readonly [string, DataType])[]): string {
  return `RecordType(${fields.map(([name, type]) => `${printTypeOf(type, 'infix')} ${name}`).join(', ')})`;
}

export function printLiteral(value: Value, type: DataType, format: ExprFormat): string {
  if (value === null) return `null:${printTypeOf(type, format)}`;
  const typed = (text: string, suffix: string): string => (format === 'prefix' ? `${text}:${suffix}` : text);
  switch (type.kind) {
    case 'BOOLEAN':
      return String(value);
    case 'INT':
      return String(value);
    case 'TINYINT':
    case 'SMALLINT':
    case 'BIGINT':
      return typed(String(value), type.kind);
    case 'FLOAT':
    case 'DOUBLE':
      return typed(exponent(value as number), type.kind);
    case 'DECIMAL': {
      const text = formatDecimal(value as bigint, type.scale);
      const digits = text.replace(/[-.]/g, '').replace(/^0+/, '').length;
      return digits === type.precision ? text : typed(text, printTypeOf(type, format));
    }
    case 'CHAR':
    case 'VARCHAR': {
      const quoted = `'${(value as string).replaceAll("'", "''")}'`;
      if (format === 'infix') return quoted;
      const natural = type.kind === 'CHAR' && type.length === [...(value as string)].length;
      return natural ? `_UTF-16LE${quoted}` : `_UTF-16LE${quoted}:${printTypeOf(type, format)}`;
    }
    case 'BINARY':
    case 'VARBINARY': {
      const text = `X'${hex(value as Uint8Array)}'`;
      return type.length === MAX_LENGTH ? text : typed(text, printTypeOf(type, format));
    }
    case 'DATE':
      return formatDate(value as number);
    case 'TIME':
      return formatTime(value as number, type.precision);
    case 'TIMESTAMP':
      return typed(formatTimestamp(value as bigint, type.precision), printTypeOf(type, format));
    case 'TIMESTAMP_LTZ':
      return typed(formatTimestamp(value as bigint, type.precision), printTypeOf(type, format));
    case 'INTERVAL_YEAR_MONTH':
      return `${value}:INTERVAL MONTH`;
    case 'INTERVAL_DAY_TIME':
      return `${value}:INTERVAL ${unitOf(value as bigint)}`;
    default:
      return Array.isArray(value) ? `[${value.map(String).join(', ')}]` : String(value);
  }
}

function exponent(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const [mantissa, power] = value.toExponential().split('e') as [string, string];
  return `${mantissa.includes('.') ? mantissa : mantissa}E${Number(power)}`;
}

function unitOf(millis: bigint): string {
  if (millis !== 0n && millis % 86_400_000n === 0n) return 'DAY';
  if (millis !== 0n && millis % 3_600_000n === 0n) return 'HOUR';
  return millis !== 0n && millis % 60_000n === 0n ? 'MINUTE' : 'SECOND';
}
