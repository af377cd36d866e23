/** Runs the golden aggregate queries that are one SELECT of aggregate calls and group keys; others are left out. */
import { EngineError } from '../../../../src/base/errors.ts';
import { evaluate } from '../../../../src/expr/evaluate.ts';
import type { Expr } from '../../../../src/expr/expr.ts';
import type { Aggregation } from '../../../../src/expr/functions/define.ts';
import { functions } from '../../../../src/expr/functions/index.ts';
import { resolveAggregate } from '../../../../src/expr/resolve.ts';
import type * as ast from '../../../../src/sql/ast.ts';
import { parse } from '../../../../src/sql/parse.ts';
import { printType } from '../../../../src/types/print.ts';
import { type Value, valueKey } from '../../../../src/types/value.ts';
import { CONTEXT, Scope } from './bind.ts';
import { rowText } from './row-text.ts';
import { queryTable, type Table } from './tables.ts';

export interface AggregateCase {
  readonly sql: string;
  readonly types?: readonly string[];
  readonly rows?: readonly (readonly (string | null)[])[];
  readonly error?: { readonly phase: string; readonly message: string };
}

/** Queries of another shape: OVER, GROUPING SETS, HAVING, DISTINCT, expressions over aggregates. */
export class OtherShape extends Error {}

interface Output {
  readonly types: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** @throws OtherShape, EngineError */
export function runAggregateQuery(sql: string, tables: ReadonlyMap<string, Table>): Output {
  const statement = parse(sql).statements[0];
  if (statement?.kind !== 'query-statement' || statement.query.body.kind !== 'select') throw new OtherShape(sql);
  const select = statement.query.body;
  if (statement.query.orderBy !== undefined || select.having !== undefined || select.distinct)
    throw new OtherShape(sql);
  if (select.from === undefined) throw new OtherShape(sql);
  const input = queryTable(select.from, tables);
  const scope = new Scope(input.fields);
  const rows = filtered(input.rows, select.where, scope);
  const keys = groupKeys(select.groupBy, scope);
  const groups = grouped(rows, keys);
  const columns = select.items.map((item) => outputColumn(item.expr, keys, scope, select.groupBy !== undefined));
  return {
    types: columns.map((column) => printType(column.type)),
    rows: groups.map((group) =>
      columns.map((column) => {
        const value = column.of(group);
        return value === null ? null : rowText(value, column.type);
      }),
    ),
  };
}

function filtered(rows: Table['rows'], where: ast.Expr | undefined, scope: Scope): Table['rows'] {
  if (where === undefined) return rows;
  const predicate = scope.bind(where);
  return rows.filter((row) => evaluate(predicate, row, CONTEXT) === true);
}

function groupKeys(groupBy: ast.GroupBy | undefined, scope: Scope): readonly Expr[] {
  return (groupBy?.items ?? []).flatMap((item) => {
    if (item.kind !== 'grouping-set' || item.exprs.length !== 1) throw new OtherShape('grouping sets');
    return item.exprs.map((expr) => scope.bind(expr));
  });
}

function grouped(rows: Table['rows'], keys: readonly Expr[]): readonly Table['rows'][] {
  if (keys.length === 0) return [rows];
  const groups = new Map<string, (readonly Value[])[]>();
  for (const row of rows) {
    const key = keys.map((expr) => valueKey(evaluate(expr, row, CONTEXT), expr.type)).join(',');
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()];
}

interface Column {
  readonly type: Expr['type'];
  readonly of: (group: Table['rows']) => Value;
}

function outputColumn(node: ast.Expr, keys: readonly Expr[], scope: Scope, isGrouped: boolean): Column {
  if (node.kind === 'call' && node.name.parts.length === 1) {
    const name = node.name.parts[0]!.name;
    if (node.over !== undefined || node.orderBy !== undefined || node.withinGroup !== undefined)
      throw new OtherShape('OVER');
    if (node.nulls !== undefined || node.json !== undefined) throw new OtherShape('clauses');
    if (functions.aggregate(name) !== undefined) return aggregateColumn(node, name, scope, isGrouped);
  }
  if (containsAggregate(node)) throw new OtherShape('an expression over aggregates');
  const expr = scope.bind(node);
  if (!keys.some((key) => JSON.stringify(key) === JSON.stringify(expr))) throw new OtherShape('no key');
  return { type: expr.type, of: (group) => evaluate(expr, group[0]!, CONTEXT) };
}

function containsAggregate(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  const call = node as Partial<ast.CallExpr>;
  if (call.kind === 'call' && functions.aggregate(call.name!.parts[0]!.name) !== undefined) return true;
  return Object.values(node).some(containsAggregate);
}

function aggregateColumn(node: ast.CallExpr, name: string, scope: Scope, isGrouped: boolean): Column {
  const args = node.args.filter((arg) => arg.kind !== 'star').map((arg) => scope.bind(arg));
  const filter = node.filter === undefined ? null : scope.bind(node.filter);
  const distinct = node.quantifier === 'DISTINCT';
  const resolved = resolveAggregate(name, args, { distinct, neverEmpty: isGrouped && filter === null }, node.span);
  const fn = functions.aggregate(resolved.fn)!;
  const call: Aggregation = {
    type: resolved.type,
    argTypes: resolved.args.map((arg) => arg.type),
    literals: resolved.literals,
  };
  const inputs = (group: Table['rows']): readonly (readonly Value[])[] => {
    const kept = group.filter((row) => filter === null || evaluate(filter, row, CONTEXT) === true);
    const values = kept.map((row) => resolved.args.map((arg) => evaluate(arg, row, CONTEXT)));
    if (!distinct) return values;
    const key = (row: readonly Value[]): string => row.map((value, i) => valueKey(value, call.argTypes[i]!)).join(',');
    return [...new Map([...values].reverse().map((row) => [key(row), row])).values()].reverse();
  };
  return {
    type: resolved.type,
    of: (group) => {
      const rows = inputs(group);
      const accumulator = fn.create(call);
      for (const row of rows) fn.accumulate(accumulator, row, call);
      return fn.result(accumulator, call);
    },
  };
}

/** @returns null if Weir answers as Flink does, `undefined` if the query has another shape, else how it differs */
export function checkAggregate(golden: AggregateCase, tables: ReadonlyMap<string, Table>): string | null | undefined {
  let output: Output;
  try {
    output = runAggregateQuery(golden.sql, tables);
  } catch (error) {
    if (error instanceof OtherShape) return undefined;
    if (!(error instanceof EngineError)) throw error;
    return golden.error === undefined ? `error: ${error.message}` : null;
  }
  if (golden.error !== undefined) return `${JSON.stringify(output.rows)}, not an error`;
  if (JSON.stringify(output.types) !== JSON.stringify(golden.types)) return `types ${output.types.join(', ')}`;
  const sorted = (rows: readonly unknown[]): string =>
    rows
      .map((row) => JSON.stringify(row))
      .sort()
      .join('\n');
  if (sorted(output.rows) === sorted(golden.rows!)) return null;
  return `${JSON.stringify(output.rows)}, not ${JSON.stringify(golden.rows)}`;
}
