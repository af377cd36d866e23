/**
 * Makes logical nodes with the schemas that they imply: the one place that knows which fields a node gives, how outer
 * joins change nullability and where time attributes end. Binder and rules build plans only through it.
 */

import type { SortField } from '../dataflow/traits.ts';
import { type AggregateCall, type Expr, visitExpr } from '../expr/expr.ts';
import type { JoinType } from '../operators/specs.ts';
import { BOOLEAN, type DataType, type Field, INT, isTimestamp, nullable } from '../types/data-type.ts';
import type { Schema } from '../types/schema.ts';
import type { Value } from '../types/value.ts';
import type {
  Aggregate,
  Expand,
  Filter,
  Hint,
  Join,
  LogicalPlan,
  Project,
  Scan,
  ScanTable,
  SetOperation,
  Sort,
  Unnest,
  ValuesNode,
  WatermarkNode,
  WindowCall,
  WindowNode,
} from './logical.ts';

export const TRUE: Expr = { kind: 'literal', value: true, type: BOOLEAN };

export function isTrue(expr: Expr): boolean {
  return expr.kind === 'literal' && expr.value === true;
}

/** The column `index` of a plan. */
export function columnOf(plan: LogicalPlan, index: number): Expr {
  return { kind: 'input-ref', index, type: plan.schema.fields[index]!.type };
}

/** All columns of a plan, or those from `start` on. */
export function columnsOf(plan: LogicalPlan, start = 0, end: number = plan.schema.fields.length): Expr[] {
  return plan.schema.fields.slice(start, end).map((field, i) => ({
    kind: 'input-ref',
    index: start + i,
    type: field.type,
  }));
}

export function widthOf(plan: LogicalPlan): number {
  return plan.schema.fields.length;
}

export function namesOf(plan: LogicalPlan): string[] {
  return plan.schema.fields.map((field) => field.name);
}

/** Fields with the rowtime marked by their types, without a key. */
function derivedSchema(fields: readonly Field[]): Schema {
  const rowtime = fields.findIndex(({ type }) => isTimestamp(type) && type.time === 'rowtime');
  return { fields, primaryKey: null, rowtime: rowtime < 0 ? null : rowtime };
}

/** A value that was computed is no time attribute any more. */
export function withoutTime<T extends DataType>(type: T): T {
  if (!isTimestamp(type) || type.time === undefined) return type;
  const { time: _dropped, ...rest } = type;
  return rest as T;
}

/** Only columns as they are and PROCTIME() keep the attribute. */
function projectedType(expr: Expr): DataType {
  if (expr.kind === 'input-ref') return expr.type;
  if (expr.kind === 'call' && expr.fn === 'PROCTIME') return expr.type;
  return withoutTime(expr.type);
}

export function scan(table: ScanTable, projection: readonly number[], alias: string | null): Scan {
  const all = table.spec.schema;
  const place = (index: number): number => projection.indexOf(index);
  const key = all.primaryKey?.map(place) ?? null;
  const schema: Schema = {
    fields: projection.map((index) => all.fields[index]!),
    primaryKey: key?.includes(-1) === true ? null : key,
    rowtime: null,
  };
  return { kind: 'scan', schema, table, projection, filters: [], alias };
}

export function values(fields: readonly Field[], rows: readonly (readonly Value[])[]): ValuesNode {
  return { kind: 'values', schema: derivedSchema(fields), rows };
}

/** One row with one column that nobody reads: what a SELECT without FROM reads. */
export function oneRow(): ValuesNode {
  return values([{ name: 'ZERO', type: INT }], [[0]]);
}

/** No rows of the shape of `plan`. */
export function emptyLike(plan: LogicalPlan): ValuesNode {
  return { kind: 'values', schema: plan.schema, rows: [] };
}

export function project(input: LogicalPlan, exprs: readonly Expr[], names: readonly string[]): Project {
  const fields = exprs.map((expr, i) => ({ name: names[i]!, type: projectedType(expr) }));
  return { kind: 'project', schema: projectSchema(input, exprs, fields), input, exprs };
}

function projectSchema(input: LogicalPlan, exprs: readonly Expr[], fields: readonly Field[]): Schema {
  const schema = derivedSchema(fields);
  const key = input.schema.primaryKey?.map((column) =>
    exprs.findIndex((expr) => expr.kind === 'input-ref' && expr.index === column),
  );
  return key === undefined || key.includes(-1) ? schema : { ...schema, primaryKey: key };
}

/** The given columns, in this order. */
export function projectColumns(input: LogicalPlan, columns: readonly number[]): LogicalPlan {
  if (columns.length === widthOf(input) && columns.every((column, i) => column === i)) return input;
  const fields = input.schema.fields;
  return project(
    input,
    columns.map((column) => columnOf(input, column)),
    columns.map((column) => fields[column]!.name),
  );
}

/** The input itself for TRUE. */
export function filter(input: LogicalPlan, predicate: Expr): LogicalPlan {
  if (isTrue(predicate)) return input;
  const node: Filter = { kind: 'filter', schema: input.schema, input, predicate };
  return node;
}

export interface JoinOptions {
  readonly nullAware?: boolean;
  readonly hints?: readonly Hint[];
}

export function join(
  type: JoinType,
  left: LogicalPlan,
  right: LogicalPlan,
  condition: Expr,
  options: JoinOptions = {},
): Join {
  const { nullAware = false, hints = [] } = options;
  return {
    kind: 'join',
    schema: joinSchema(type, left, right, condition),
    type,
    left,
    right,
    condition,
    nullAware,
    hints,
  };
}

/**
 * No regular join passes time attributes on, SEMI and ANTI included: rows come out when their partner comes. An
 * interval join does (Flink 2.3).
 */
function joinSchema(type: JoinType, left: LogicalPlan, right: LogicalPlan, condition: Expr): Schema {
  const keepsTime = boundsTime(condition, left.schema.fields.length);
  const pad = (fields: readonly Field[], padded: boolean): readonly Field[] =>
    fields.map((field) => {
      const type = keepsTime && !padded ? field.type : withoutTime(field.type);
      return { name: field.name, type: padded ? nullable(type) : type };
    });
  if (type === 'SEMI' || type === 'ANTI') {
    const rowtime = keepsTime ? left.schema.rowtime : null;
    return { ...left.schema, fields: pad(left.schema.fields, false), rowtime };
  }
  const fields = [
    ...pad(left.schema.fields, type === 'RIGHT' || type === 'FULL'),
    ...pad(right.schema.fields, type === 'LEFT' || type === 'FULL'),
  ];
  return derivedSchema(uniqueNames(fields));
}

const COMPARISONS = new Set(['=', '<', '<=', '>', '>=']);

/** Whether the condition compares a time attribute of one side with one of the other: an interval join. */
function boundsTime(condition: Expr, leftCount: number): boolean {
  const sidesOf = (expr: Expr): ReadonlySet<'left' | 'right'> => {
    const sides = new Set<'left' | 'right'>();
    visitExpr(expr, (node) => {
      if (node.kind !== 'input-ref' || !isTimestamp(node.type) || node.type.time === undefined) return;
      sides.add(node.index < leftCount ? 'left' : 'right');
    });
    return sides;
  };
  let found = false;
  visitExpr(condition, (node) => {
    if (node.kind !== 'call' || !COMPARISONS.has(node.fn)) return;
    const [a, b] = [sidesOf(node.args[0]!), sidesOf(node.args[1]!)];
    if ((a.has('left') && b.has('right')) || (a.has('right') && b.has('left'))) found = true;
  });
  return found;
}

/** Fields of two inputs side by side: the later of two equal names gets a number, as in Flink (id, id0). */
export function uniqueNames(fields: readonly Field[]): readonly Field[] {
  const taken = new Set<string>();
  return fields.map((field) => {
    let name = field.name;
    for (let i = 0; taken.has(name); i++) name = `${field.name}${i}`;
    taken.add(name);
    return name === field.name ? field : { ...field, name };
  });
}

export function aggregate(
  input: LogicalPlan,
  keys: readonly number[],
  calls: readonly AggregateCall[],
  hints: readonly Hint[] = [],
): Aggregate {
  const fields = [
    ...keys.map((key) => {
      const { name, type } = input.schema.fields[key]!;
      return { name, type: withoutTime(type) };
    }),
    ...calls.map((call, i) => ({ name: call.name ?? `EXPR$${keys.length + i}`, type: call.type })),
  ];
  const schema = { ...derivedSchema(fields), primaryKey: keys.length > 0 ? keys.map((_, i) => i) : null };
  return { kind: 'aggregate', schema, input, keys, calls, hints };
}

export function windowNode(input: LogicalPlan, calls: readonly WindowCall[]): WindowNode {
  const added = calls.map(({ call }, i) => ({ name: call.name ?? `w0$o${i}`, type: call.type }));
  const schema = derivedSchema([...input.schema.fields, ...added]);
  return { kind: 'window', schema: { ...schema, primaryKey: input.schema.primaryKey }, input, calls };
}

export function sort(
  input: LogicalPlan,
  order: readonly SortField[],
  offset: number,
  fetch: number | null,
): LogicalPlan {
  if (order.length === 0 && offset === 0 && fetch === null) return input;
  const node: Sort = { kind: 'sort', schema: input.schema, input, order, offset, fetch };
  return node;
}

/** The inputs have the same types but for nullability; names are those of the first. */
export function setOperation(op: SetOperation['op'], all: boolean, inputs: readonly LogicalPlan[]): SetOperation {
  const first = inputs[0]!;
  const fields = first.schema.fields.map((field, i) => {
    const types = inputs.map((input) => input.schema.fields[i]!.type);
    const isNullable = op === 'UNION' ? types.some((type) => type.nullable) : field.type.nullable;
    const keepsTime = types.every(
      (type) => isTimestamp(type) && isTimestamp(field.type) && type.time === field.type.time,
    );
    return { name: field.name, type: nullable(keepsTime ? field.type : withoutTime(field.type), isNullable) };
  });
  return { kind: 'set-operation', schema: derivedSchema(fields), op, all, inputs };
}

export function expand(
  input: LogicalPlan,
  projections: readonly (readonly Expr[])[],
  names: readonly string[],
): Expand {
  const fields = names.map((name, i) => {
    const exprs = projections.map((projection) => projection[i]!);
    const typed = exprs.find((expr) => expr.type.kind !== 'NULL') ?? exprs[0]!;
    const isNullable = exprs.some((expr) => expr.type.nullable);
    return { name, type: withoutTime(nullable(typed.type, isNullable)) };
  });
  return { kind: 'expand', schema: derivedSchema(fields), input, projections };
}

export interface UnnestOptions {
  readonly outer: boolean;
  readonly withOrdinality: boolean;
}

export function unnest(input: LogicalPlan, collection: Expr, options: UnnestOptions): Unnest {
  const elements = elementFields(collection.type).map((field) =>
    options.outer ? { ...field, type: nullable(field.type) } : field,
  );
  const ordinality = options.withOrdinality ? [{ name: 'ORDINALITY', type: options.outer ? nullable(INT) : INT }] : [];
  const fields = uniqueNames([...input.schema.fields, ...elements, ...ordinality]);
  const { outer, withOrdinality } = options;
  return { kind: 'unnest', schema: derivedSchema(fields), input, collection, outer, withOrdinality };
}

/** What one element of a collection gives: a ROW its fields, a MAP key and value, anything else one field. */
export function elementFields(type: DataType): readonly Field[] {
  if (type.kind === 'MAP') {
    return [
      { name: 'f0', type: type.key },
      { name: 'f1', type: type.value },
    ];
  }
  if (type.kind !== 'ARRAY' && type.kind !== 'MULTISET') return [];
  const element = type.element;
  if (element.kind !== 'ROW') return [{ name: 'f0', type: element }];
  return element.nullable ? element.fields.map((field) => ({ ...field, type: nullable(field.type) })) : element.fields;
}

/** The rowtime column gets the attribute. */
export function watermark(input: LogicalPlan, rowtime: number, expr: Expr): WatermarkNode {
  const fields = input.schema.fields.map((field, i) => {
    if (i !== rowtime || !isTimestamp(field.type)) return field;
    return { name: field.name, type: { ...field.type, time: 'rowtime' as const } };
  });
  const schema = { ...derivedSchema(fields), primaryKey: input.schema.primaryKey };
  return { kind: 'watermark', schema, input, rowtime, watermark: expr };
}
