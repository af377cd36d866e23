/**
 * A binder of scalar expressions for the golden cases: AST to Expr, with `$i` and plain names as columns. No
 * subqueries.
 */
import { EngineError } from '../../../../src/base/errors.ts';
import { type Expr, inputRef } from '../../../../src/expr/expr.ts';
import { isJsonFunction, resolveJson } from '../../../../src/expr/json-clauses.ts';
import {
  binaryLiteral,
  booleanLiteral,
  datetimeLiteral,
  intervalLiteral,
  NULL_LITERAL,
  numberLiteral,
  stringLiteral,
} from '../../../../src/expr/literals.ts';
import {
  negate,
  resolveBetween,
  resolveCase,
  resolveCast,
  resolveField,
  resolveIn,
  resolveIntervalCast,
  resolveLike,
  resolveRow,
  symbol,
} from '../../../../src/expr/operators.ts';
import { resolveCall, resolveNamed } from '../../../../src/expr/resolve.ts';
import type * as ast from '../../../../src/sql/ast.ts';
import type { DataType, DataTypeKind, Field } from '../../../../src/types/data-type.ts';

export interface Scope {
  readonly fields: readonly Field[];
  readonly timeZone: string;
  /** The name that may stand before a column. */
  readonly table?: string | undefined;
}

export function bind(node: ast.Expr, scope: Scope): Expr {
  const go = (each: ast.Expr): Expr => bind(each, scope);
  switch (node.kind) {
    case 'number':
      return numberLiteral(node.text, false, node.span);
    case 'string':
      return stringLiteral(node.value);
    case 'binary-string':
      return binaryLiteral(node.hex);
    case 'boolean':
      return booleanLiteral(node.value);
    case 'null':
      return NULL_LITERAL;
    case 'datetime':
      return datetimeLiteral(node.type, node.text, node.span);
    case 'interval':
      return intervalLiteral(node.sign, node.text, node.qualifier, node.span);
    case 'interval-of':
      return resolveCall('*', [go(node.value), intervalLiteral(1, '1', node.qualifier, node.span)]);
    case 'column-ref':
      return column(node.name, scope);
    case 'symbol':
      return symbol(node.value);
    case 'unary':
      if (node.op === '-' && node.operand.kind === 'number') return numberLiteral(node.operand.text, true, node.span);
      if (node.op === 'NOT') return negate(go(node.operand), true);
      return node.op === '-'
        ? resolveCall('NEGATE', [go(node.operand)])
        : resolveCall('UNARY_PLUS', [go(node.operand)]);
    case 'binary':
      if (node.op === 'OVERLAPS') return resolveCall('OVERLAPS', [...pair(node.left, go), ...pair(node.right, go)]);
      return resolveCall(node.op, [go(node.left), go(node.right)], node.span);
    case 'is':
      return isTest(node, go);
    case 'between':
      return resolveBetween(go(node.operand), go(node.low), go(node.high), node, node.span);
    case 'in-list':
      return resolveIn(go(node.operand), node.list.map(go), node.negated, node.span);
    case 'like':
      if (node.op !== 'LIKE' && node.op !== 'SIMILAR TO') throw new EngineError('SQL-FUNCTION-UNKNOWN', node.op);
      return resolveLike(
        node.op,
        go(node.operand),
        go(node.pattern),
        node.escape === undefined ? null : go(node.escape),
        node.negated,
        node.span,
      );
    case 'case':
      return resolveCase(
        node.operand === undefined ? null : go(node.operand),
        node.branches.flatMap((branch) => branch.when.map((when) => ({ when: go(when), result: go(branch.result) }))),
        node.otherwise === undefined ? null : go(node.otherwise),
        node.span,
      );
    case 'cast':
      return node.type === undefined
        ? resolveIntervalCast(go(node.operand), node.interval!, node.op === 'TRY_CAST', node.span)
        : resolveCast(go(node.operand), dataType(node.type), node.op === 'TRY_CAST', node.span);
    case 'datetime-difference':
      return resolveCall('MINUS_DATE', [symbol(node.qualifier.from), go(node.left), go(node.right)], node.span);
    case 'call':
      return functionCall(node, go);
    case 'row':
      return resolveRow(node.items.map(go));
    case 'collection':
      return resolveCall(node.type, node.items.map(go), node.span);
    case 'element-access':
      return resolveCall('ITEM', [go(node.operand), go(node.index)], node.span);
    case 'field-access':
      return resolveField(go(node.operand), node.field.name, node.span);
    default:
      throw new EngineError('SQL-TYPE', `${node.kind} is not a scalar expression`);
  }
}

function column(qualified: ast.QualifiedName, scope: Scope): Expr {
  const parts = qualified.parts;
  const name = { parts: parts.length > 1 && parts[0]!.name === scope.table ? parts.slice(1) : parts };
  const index = scope.fields.findIndex((field) => field.name === name.parts[0]!.name);
  const field = scope.fields[index];
  if (field === undefined) {
    if (name.parts.length === 1) return resolveNamed(name.parts[0]!.name, []);
    throw new EngineError('SQL-UNKNOWN-COLUMN', name.parts[0]!.name);
  }
  return name.parts.slice(1).reduce((expr: Expr, part) => resolveField(expr, part.name), inputRef(index, field.type));
}

function pair(node: ast.Expr, go: (each: ast.Expr) => Expr): readonly Expr[] {
  if (node.kind === 'row' && node.items.length === 2) return node.items.map(go);
  throw new EngineError('SQL-TYPE', 'OVERLAPS takes two periods');
}

function isTest(node: ast.IsExpr, go: (each: ast.Expr) => Expr): Expr {
  if (node.test === 'DISTINCT FROM') {
    const name = node.negated ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM';
    return resolveCall(name, [go(node.operand), go(node.other!)], node.span);
  }
  return resolveCall(`IS ${node.negated ? 'NOT ' : ''}${node.test}`, [go(node.operand)], node.span);
}

function functionCall(node: ast.CallExpr, go: (each: ast.Expr) => Expr): Expr {
  const name = node.name.parts
    .map((part) => part.name)
    .join('.')
    .toUpperCase();
  if (node.over !== undefined || node.filter !== undefined) throw new EngineError('SQL-TYPE', 'not a scalar call');
  if (isJsonFunction(name)) {
    const clauses = node.json ?? {};
    const returning = clauses.returning === undefined ? undefined : dataType(clauses.returning);
    const onEmpty = clauses.onEmpty?.value === undefined ? undefined : go(clauses.onEmpty.value);
    const onError = clauses.onError?.value === undefined ? undefined : go(clauses.onError.value);
    return resolveJson(name, node.args.map(go), {
      returning,
      wrapper: clauses.wrapper,
      onEmpty: clauses.onEmpty?.behaviour,
      onEmptyDefault: onEmpty,
      onError: clauses.onError?.behaviour,
      onErrorDefault: onError,
      onNull: clauses.onNull,
    });
  }
  if (name.startsWith('TIMESTAMP') && node.args[0]?.kind === 'column-ref') {
    return resolveCall(name, [symbol(node.args[0].name.parts[0]!.name), ...node.args.slice(1).map(go)], node.span);
  }
  const args = node.args.map(go);
  const special = node.args.some((arg) => arg.kind === 'symbol') || SPECIAL.has(name);
  return special ? resolveCall(name, args, node.span) : resolveNamed(name, args, node.span);
}

const SPECIAL: ReadonlySet<string> = new Set(['POSITION', 'OVERLAY', 'CURRENT_DATE', 'LOCALTIME', 'EXTRACT']);

const MAX_LENGTH = 2147483647;

export function dataType(node: ast.TypeNode): DataType {
  return { ...typeKind(node), nullable: node.nullable ?? true };
}

function typeKind(node: ast.TypeNode): DataTypeKind {
  switch (node.kind) {
    case 'simple-type':
      return simpleType(node);
    case 'collection-type':
      return { kind: node.name, element: dataType(node.element) };
    case 'map-type':
      return { kind: 'MAP', key: dataType(node.key), value: dataType(node.value) };
    case 'row-type':
      return {
        kind: 'ROW',
        fields: node.fields.map((field) => ({ name: field.name.name, type: dataType(field.type) })),
      };
    default:
      throw new EngineError('NOT-SUPPORTED', node.kind);
  }
}

function simpleType(node: ast.SimpleType): DataTypeKind {
  const [first, second] = node.parameters;
  const range = (value: number, low: number, high: number): number => {
    if (value >= low && value <= high) return value;
    throw new EngineError('SQL-TYPE', `${node.name}(${value}) is out of range`);
  };
  switch (node.name) {
    case 'STRING':
      return { kind: 'VARCHAR', length: MAX_LENGTH };
    case 'BYTES':
      return { kind: 'VARBINARY', length: MAX_LENGTH };
    case 'VARCHAR':
      if (first === undefined) return { kind: 'VARCHAR', length: MAX_LENGTH };
      return { kind: 'VARCHAR', length: range(first, 0, MAX_LENGTH) };
    case 'CHAR':
    case 'BINARY':
    case 'VARBINARY':
      return { kind: node.name, length: range(first ?? 1, 0, MAX_LENGTH) };
    case 'DECIMAL':
      return {
        kind: 'DECIMAL',
        precision: Math.min(range(first ?? 10, 1, 100), 38),
        scale: range(second ?? 0, 0, first ?? 10),
      };
    case 'TIME':
      return { kind: 'TIME', precision: Math.min(range(first ?? 0, 0, 9), 3) };
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return { kind: node.name, precision: range(first ?? 6, 0, 9) };
    case 'VARIANT':
    case 'BITMAP':
      throw new EngineError('NOT-SUPPORTED', node.name);
    default:
      return { kind: node.name };
  }
}
