/** What all joins share: keys and condition taken apart, the schema of both sides, how EXPLAIN prints them. */
import type { Expr } from '../../expr/expr.ts';
import type { JoinType } from '../../operators/specs.ts';
import { BOOLEAN } from '../../types/data-type.ts';
import type { Schema } from '../../types/schema.ts';
import type { ExprFormat } from '../explain-expr.ts';
import { printExpr } from '../explain-expr.ts';
import type { Join } from '../logical.ts';
import { allOf, type JoinCondition, splitJoinCondition } from '../predicates.ts';
import { joinedFields, namesOf } from './names.ts';
import type { DescriptionItem, PhysicalNode } from './node.ts';

export interface JoinPlan extends JoinCondition {
  readonly type: JoinType;
  /** ANTI of NOT IN over columns that may be NULL. */
  readonly nullAware: boolean;
  /** Names of the fields of both sides, which the condition refers to. */
  readonly names: readonly string[];
}

export function joinPlanOf(plan: Join, left: PhysicalNode, right: PhysicalNode): JoinPlan {
  const split = splitJoinCondition(plan.condition, left.schema.fields.length);
  const names = joinedFields(left.schema.fields, right.schema.fields).map((field) => field.name);
  return { ...split, type: plan.type, nullAware: plan.nullAware && plan.condition.type.nullable, names };
}

/** The types of the logical join under the names of the physical inputs. */
export function joinSchema(plan: Join, left: PhysicalNode, right: PhysicalNode): Schema {
  const fields =
    plan.type === 'SEMI' || plan.type === 'ANTI'
      ? left.schema.fields
      : joinedFields(left.schema.fields, right.schema.fields);
  return { ...plan.schema, fields: plan.schema.fields.map(({ type }, i) => ({ name: fields[i]!.name, type })) };
}

/** What EXPLAIN says first of every join. */
export function joinItems(params: JoinPlan, schema: Schema, format: ExprFormat): readonly DescriptionItem[] {
  return [
    ['joinType', `[${JOIN_TYPES[params.type]}]`],
    ['where', `[${printWhere(params, format)}]`],
    ['select', `[${namesOf(schema).join(', ')}]`],
  ];
}

const JOIN_TYPES: Readonly<Record<JoinType, string>> = {
  INNER: 'InnerJoin',
  LEFT: 'LeftOuterJoin',
  RIGHT: 'RightOuterJoin',
  FULL: 'FullOuterJoin',
  SEMI: 'LeftSemiJoin',
  ANTI: 'LeftAntiJoin',
};

/** The whole condition; null-safe equality and NOT IN are written out, as Flink does. */
function printWhere(params: JoinPlan, format: ExprFormat): string {
  const condition = allOf(params.conjuncts.map((expr) => spellOut(expr, params.nullAware)));
  return condition === null ? 'true' : printExpr(condition, params.names, format);
}

function spellOut(expr: Expr, nullAware: boolean): Expr {
  if (expr.kind !== 'call' || expr.args.length !== 2) return expr;
  const [a, b] = expr.args as readonly [Expr, Expr];
  const call = (fn: string, args: readonly Expr[]): Expr => ({ kind: 'call', fn, args, type: BOOLEAN });
  const isNull = (arg: Expr): Expr => call('IS NULL', [arg]);
  if (expr.fn === 'IS NOT DISTINCT FROM') {
    const equal = call('=', [a, b]);
    return a.type.nullable && b.type.nullable ? call('OR', [equal, call('AND', [isNull(a), isNull(b)])]) : equal;
  }
  if (nullAware && expr.fn === '=' && expr.type.nullable) {
    const nulls = [a, b].filter((arg) => arg.type.nullable).map(isNull);
    return call('OR', [...nulls, expr]);
  }
  return expr;
}
