/**
 * Equality between expressions of the two sides of a join becomes equality between columns: the expressions are
 * computed below the join, so that any algorithm may take them as its keys.
 */
import { type Expr, exprsEqual, inputRef, inputsOf, remapInputs } from '../../expr/expr.ts';
import type { Join, LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunction, conjunctsOf, readsOnly } from '../logical-predicate.ts';
import { rewriteAll } from '../logical-visit.ts';
import type { Rule } from './rule.ts';
import { isDeterministic } from './simplify-expr.ts';

export const joinKeys: Rule = {
  name: 'join-keys',
  reason: 'after the join order is settled, before columns are pruned: what only the key needed is then dropped',
  apply: (roots) => rewriteAll(roots, (node) => (node.kind === 'join' ? withKeyColumns(node) : node)),
};

interface Side {
  readonly plan: LogicalPlan;
  readonly exprs: Expr[];
}

function withKeyColumns(join: Join): LogicalPlan {
  const width = build.widthOf(join.left);
  const total = width + build.widthOf(join.right);
  const left: Side = { plan: join.left, exprs: [] };
  const right: Side = { plan: join.right, exprs: [] };
  const keys = new Map<Expr, readonly [Key, Key]>();
  const conjuncts = conjunctsOf(join.condition);
  for (const conjunct of conjuncts) {
    const sides = keySides(conjunct, width, total);
    if (sides === null) continue;
    const [a, b] = sides;
    if (a.kind === 'input-ref' && b.kind === 'input-ref') continue;
    const shifted = remapInputs(b, (column) => column - width);
    keys.set(conjunct, [keyOf(a, left), keyOf(shifted, right)]);
  }
  if (keys.size === 0) return join;
  const newLeft = extended(left);
  const newRight = extended(right);
  const newWidth = build.widthOf(newLeft);
  const move = (column: number): number => (column < width ? column : column - width + newWidth);
  const condition = conjuncts.map((conjunct) => {
    const pair = keys.get(conjunct);
    if (pair === undefined || conjunct.kind !== 'call') return remapInputs(conjunct, move);
    const [a, b] = pair;
    return { ...conjunct, args: [inputRef(a.column, a.type), inputRef(newWidth + b.column, b.type)] };
  });
  const joined = build.join(join.type, newLeft, newRight, conjunction(condition), join);
  const isSemi = join.type === 'SEMI' || join.type === 'ANTI';
  const columns = Array.from({ length: isSemi ? width : total }, (_, column) => move(column));
  const fields = join.schema.fields.map((field) => field.name);
  return build.project(
    joined,
    columns.map((column) => build.columnOf(joined, column)),
    fields,
  );
}

interface Key {
  readonly column: number;
  readonly type: Expr['type'];
}

function keyOf(expr: Expr, side: Side): Key {
  if (expr.kind === 'input-ref') return { column: expr.index, type: expr.type };
  const known = side.exprs.findIndex((other) => exprsEqual(other, expr));
  const place = known >= 0 ? known : side.exprs.push(expr) - 1;
  return { column: build.widthOf(side.plan) + place, type: expr.type };
}

function extended({ plan, exprs }: Side): LogicalPlan {
  if (exprs.length === 0) return plan;
  const names = [...build.namesOf(plan), ...exprs.map((_, i) => `$key${i}`)];
  return build.project(plan, [...build.columnsOf(plan), ...exprs], names);
}

/** The left and the right side of an equality between the inputs. */
function keySides(expr: Expr, width: number, total: number): readonly [Expr, Expr] | null {
  if (expr.kind !== 'call' || (expr.fn !== '=' && expr.fn !== 'IS NOT DISTINCT FROM') || !isDeterministic(expr))
    return null;
  const [a, b] = expr.args as readonly [Expr, Expr];
  if (inputsOf(a).length === 0 || inputsOf(b).length === 0) return null;
  if (readsOnly(a, 0, width) && readsOnly(b, width, total)) return [a, b];
  return readsOnly(b, 0, width) && readsOnly(a, width, total) ? [b, a] : null;
}
