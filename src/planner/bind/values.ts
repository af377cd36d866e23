/** VALUES: constant rows where all is constant, else a union of projections of one row. */
import { EngineError } from '../../base/errors.ts';
import { evaluate } from '../../expr/evaluate.ts';
import { type Expr, visitExpr } from '../../expr/expr.ts';
import type { EvaluationContext } from '../../expr/functions/define.ts';
import { functions } from '../../expr/functions/index.ts';
import { castTo } from '../../expr/resolve.ts';
import type * as ast from '../../sql/ast.ts';
import { leastRestrictive } from '../../types/coerce.ts';
import type { Field } from '../../types/data-type.ts';
import { printType } from '../../types/print.ts';
import type { Value } from '../../types/value.ts';
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import type { Binder, Environment } from './binder.ts';
import { bindExpr } from './expr.ts';
import { plainContext } from './expr-context.ts';

/** Columns are EXPR$0, EXPR$1, … @throws EngineError SQL-VALUES for rows of different lengths or types */
export function bindValues(binder: Binder, node: ast.Values, env: Environment): LogicalPlan {
  const scope = { id: binder.nextScope(), columns: [], outer: env.outer };
  const context = plainContext(binder, env, scope, 'VALUES');
  const rows = node.rows.map((row) => row.map((expr) => bindExpr(expr, context)));
  const width = rows[0]!.length;
  for (const [i, row] of rows.entries()) {
    if (row.length === width) continue;
    const counts = `row ${i + 1} has ${row.length} values, the first ${width}`;
    throw new EngineError('SQL-VALUES', `${INCOMPATIBLE}: ${counts}`, { span: node.rows[i]![0]?.span ?? node.span });
  }
  const fields = Array.from({ length: width }, (_, column): Field => {
    const types = rows.map((row) => row[column]!.type);
    const type = leastRestrictive(types);
    if (type === null) {
      const given = [...new Set(types.map(printType))].join(', ');
      throw new EngineError('SQL-VALUES', `${INCOMPATIBLE}: column ${column + 1} has ${given}`, { span: node.span });
    }
    return { name: `EXPR$${column}`, type };
  });
  const cast = rows.map((row) => row.map((expr, column) => castTo(expr, fields[column]!.type)));
  const constants = constantRows(cast, binder.context.evaluation);
  if (constants !== null) return build.values(fields, constants);
  const names = fields.map((field) => field.name);
  const projected = cast.map((row) => build.project(build.oneRow(), row, names));
  return projected.length === 1 ? projected[0]! : build.setOperation('UNION', true, projected);
}

const INCOMPATIBLE = 'values passed to VALUES operator must have compatible types';

/** null: something is not constant, or fails, which it must do at run time. */
function constantRows(rows: readonly (readonly Expr[])[], context: EvaluationContext): readonly Value[][] | null {
  const values: Value[][] = [];
  for (const row of rows) {
    if (!row.every(isConstant)) return null;
    try {
      values.push(row.map((expr) => evaluate(expr, [], context)));
    } catch (error) {
      if (error instanceof EngineError) return null;
      throw error;
    }
  }
  return values;
}

/** Literals under deterministic functions that are the same in both modes. */
function isConstant(expr: Expr): boolean {
  let constant = true;
  visitExpr(expr, (node) => {
    if (node.kind === 'input-ref') constant = false;
    if (node.kind !== 'call') return;
    const fn = functions.scalar(node.fn);
    if (fn === undefined || !fn.deterministic || fn.dynamic) constant = false;
  });
  return constant;
}
