/** What one entry of FROM gives: a plan, and the names by which its columns are known. */

import { EngineError } from '../../base/errors.ts';
import type { Expr } from '../../expr/expr.ts';
import { mapExpr } from '../../expr/expr.ts';
import type { TableAlias } from '../../sql/ast.ts';
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import type { ScopeColumn } from './scope.ts';

export interface FromItem {
  readonly plan: LogicalPlan;
  /** In the order of `*`; expressions over `plan`. */
  readonly columns: readonly ScopeColumn[];
  /** Name of the single table, for hints; null for joins. */
  readonly name: string | null;
}

/** All fields of a plan as columns of one relation. */
export function itemOf(plan: LogicalPlan, relation: readonly string[]): FromItem {
  const columns = plan.schema.fields.map((field, i) => ({
    relation,
    name: field.name,
    expr: build.columnOf(plan, i),
    visible: true,
  }));
  return { plan, columns, name: relation.at(-1) ?? null };
}

/** `t AS x (a, b)`. @throws EngineError SQL-ALIAS if the list has another length than the table has columns */
export function aliased(item: FromItem, alias: TableAlias | undefined): FromItem {
  if (alias === undefined) return item;
  const name = alias.name.name;
  const visible = item.columns.filter((column) => column.visible);
  const names = alias.columns;
  if (names !== undefined && names.length !== visible.length) {
    const counts = `table has ${visible.length} columns, alias list has ${names.length}`;
    throw new EngineError('SQL-ALIAS', `list of column aliases must have same degree as table; ${counts}`, {
      span: alias.name.span,
    });
  }
  const columns = visible.map((column, i) => ({ ...column, relation: [name], name: names?.[i]?.name ?? column.name }));
  return { plan: item.plan, columns, name };
}

/** The columns when the item's plan stands on the right of `by` fields. */
export function shiftColumns(columns: readonly ScopeColumn[], by: number): readonly ScopeColumn[] {
  return columns.map((column) => ({ ...column, expr: shifted(column.expr, by) }));
}

function shifted(expr: Expr, by: number): Expr {
  return mapExpr(expr, (node) => (node.kind === 'input-ref' ? { ...node, index: node.index + by } : node));
}

/** The columns with the types that they have in `plan`: an outer join made some nullable. */
export function retyped(columns: readonly ScopeColumn[], plan: LogicalPlan): readonly ScopeColumn[] {
  return columns.map((column) => ({
    ...column,
    expr: mapExpr(column.expr, (node) => (node.kind === 'input-ref' ? build.columnOf(plan, node.index) : node)),
  }));
}
