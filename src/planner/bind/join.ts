/** JOIN … ON, USING, NATURAL, CROSS, comma; LATERAL and UNNEST on the right. */
import { EngineError, notSupported, type Span } from '../../base/errors.ts';
import { type Expr, inputsOf, mapExpr } from '../../expr/expr.ts';
import { resolveCall } from '../../expr/resolve.ts';
import type { JoinType } from '../../operators/specs.ts';
import type * as ast from '../../sql/ast.ts';
import type { Hint, LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunction, conjunctsOf } from '../logical-predicate.ts';
import type { Binder, Environment } from './binder.ts';
import { Collected, hasPlaceholder, SUBQUERY } from './collect.ts';
import { liftPredicates, overBoth } from './decorrelate.ts';
import { pushDependentJoin, pushOuter, sameValue } from './dependent-join.ts';
import { bindPredicate } from './expr.ts';
import { plainContext } from './expr-context.ts';
import { type FromItem, retyped, shiftColumns } from './from-item.ts';
import { planRefersTo } from './outer-plan.ts';
import { findIn, refersTo, type Scope, type ScopeColumn } from './scope.ts';
import { placeFilter, placement } from './subquery.ts';

export interface JoinParts {
  readonly left: FromItem;
  readonly right: FromItem;
  /** The scope through which the right side may have seen the left one. */
  readonly lateral: Scope;
  readonly hints: readonly Hint[];
}

export function bindJoin(binder: Binder, node: ast.Join, env: Environment, parts: JoinParts): FromItem {
  const { left, right } = parts;
  const type: JoinType = node.type === 'CROSS' ? 'INNER' : node.type;
  const width = build.widthOf(left.plan);
  if (planRefersTo(right.plan, parts.lateral.id)) return bindLateral(binder, node, env, parts);
  const columns = [...left.columns, ...shiftColumns(right.columns, width)];
  if (node.using !== undefined || node.natural) return joinUsing(node, type, parts, columns);
  if (node.on === undefined) {
    if (node.type !== 'CROSS' && !node.comma) {
      throw new EngineError(
        'SQL-JOIN',
        `${node.type} join requires a condition (NATURAL keyword or ON or USING clause)`,
        {
          span: node.span,
        },
      );
    }
    const plan = build.join(type, left.plan, right.plan, build.TRUE, { hints: parts.hints });
    return { plan, columns: retyped(columns, plan), name: null };
  }
  if (node.type === 'CROSS') {
    throw new EngineError('SQL-JOIN', 'cannot specify a condition for CROSS join', { span: node.on.span });
  }
  const plan = joinOn(binder, node.on, type, env, parts, columns);
  return { plan, columns: retyped(columns, plan), name: null };
}

function joinOn(
  binder: Binder,
  on: ast.Expr,
  type: JoinType,
  env: Environment,
  parts: JoinParts,
  columns: readonly ScopeColumn[],
): LogicalPlan {
  const { left, right, hints } = parts;
  const collected = new Collected();
  const scope: Scope = { id: binder.nextScope(), columns, outer: env.outer };
  const predicate = bindPredicate(on, { ...plainContext(binder, env, scope, 'ON'), collected });
  if (collected.subqueries.length === 0) return build.join(type, left.plan, right.plan, predicate, { hints });
  const conjuncts = conjunctsOf(predicate);
  const plain = conjuncts.filter((conjunct) => !hasPlaceholder(conjunct, SUBQUERY));
  const held = conjunction(conjuncts.filter((conjunct) => hasPlaceholder(conjunct, SUBQUERY)));
  if (type === 'INNER') {
    const joined = build.join('INNER', left.plan, right.plan, conjunction(plain), { hints });
    const at = placement(joined, scope.id, collected.subqueries);
    placeFilter(held, at);
    return at.plan;
  }
  return filterPaddedSide(on.span, type, parts, { scope, plain, held, collected });
}

/** A condition of the padded side alone may filter that side before the join. */
function filterPaddedSide(
  span: Span,
  type: JoinType,
  { left, right, hints }: JoinParts,
  condition: {
    readonly scope: Scope;
    readonly plain: readonly Expr[];
    readonly held: Expr;
    readonly collected: Collected;
  },
): LogicalPlan {
  const { scope, plain, held, collected } = condition;
  const width = build.widthOf(left.plan);
  const total = width + build.widthOf(right.plan);
  const [from, to] = type === 'LEFT' ? [width, total] : type === 'RIGHT' ? [0, width] : [0, 0];
  const within = (index: number): number => {
    if (index >= from && index < to) return index - from;
    throw notSupported(
      `a subquery over both sides in ON of a ${type} join`,
      span,
      'compute it in a subquery in FROM first',
    );
  };
  const move = (expr: Expr): Expr =>
    mapExpr(expr, (node) => (node.kind === 'input-ref' ? { ...node, index: within(node.index) } : node));
  const side = type === 'LEFT' ? right.plan : left.plan;
  const at = placement(side, scope.id, collected.subqueries, { columnOf: within, rewrite: move });
  placeFilter(move(held), at);
  const filtered = build.projectColumns(
    at.plan,
    side.schema.fields.map((_, i) => i),
  );
  const [l, r] = type === 'LEFT' ? [left.plan, filtered] : [filtered, right.plan];
  return build.join(type, l, r, conjunction(plain), { hints });
}

// ── USING and NATURAL ──

function joinUsing(
  node: ast.Join,
  type: JoinType,
  { left, right, hints }: JoinParts,
  columns: readonly ScopeColumn[],
): FromItem {
  const width = build.widthOf(left.plan);
  const rightColumns = shiftColumns(right.columns, width);
  const names = node.natural
    ? left.columns
        .filter(
          (column) => column.visible && right.columns.some((other) => other.visible && other.name === column.name),
        )
        .map((column) => ({ name: column.name, span: node.span }))
    : node.using!.map((identifier) => ({ name: identifier.name, span: identifier.span }));
  const pairs = names.map(({ name, span }) => ({
    name,
    left: usingColumn(left.columns, name, span),
    right: usingColumn(rightColumns, name, span),
  }));
  const condition = conjunction(pairs.map((pair) => resolveCall('=', [pair.left.expr, pair.right.expr], node.span)));
  const plan = build.join(type, left.plan, right.plan, condition, { hints });
  const typed = retyped(columns, plan);
  const merged = pairs.map((pair): ScopeColumn => {
    const [l, r] = retyped([pair.left, pair.right], plan) as [ScopeColumn, ScopeColumn];
    const expr = type === 'RIGHT' ? r.expr : type === 'FULL' ? resolveCall('COALESCE', [l.expr, r.expr]) : l.expr;
    return { relation: [], name: pair.name, expr, visible: true };
  });
  const hidden = new Set(pairs.map((pair) => pair.name));
  const rest = typed.map((column) => ({ ...column, visible: column.visible && !hidden.has(column.name) }));
  return { plan, columns: [...merged, ...rest], name: null };
}

function usingColumn(columns: readonly ScopeColumn[], name: string, span: Span): ScopeColumn {
  const scope: Scope = { id: -1, columns, outer: null };
  const found = findIn(scope, [name], span);
  if (found === null) {
    throw new EngineError('SQL-COLUMN-UNKNOWN', `column '${name}' not found in any table`, {
      span,
      hint: 'both sides of USING must have it',
    });
  }
  return { relation: [], name, expr: found.expr, visible: true };
}

// ── LATERAL ──

function bindLateral(binder: Binder, node: ast.Join, env: Environment, parts: JoinParts): FromItem {
  const { left, right, lateral } = parts;
  if (node.type === 'RIGHT' || node.type === 'FULL') {
    throw new EngineError('SQL-JOIN', `a ${node.type} join cannot have LATERAL on its right`, { span: node.span });
  }
  if (node.using !== undefined || node.natural) throw notSupported('USING with LATERAL', node.span);
  const type = node.type === 'LEFT' ? 'LEFT' : 'INNER';
  const width = build.widthOf(left.plan);
  const columns = [...left.columns, ...shiftColumns(right.columns, width)];
  const scope: Scope = { id: binder.nextScope(), columns, outer: env.outer };
  const on = node.on === undefined ? build.TRUE : bindPredicate(node.on, plainContext(binder, env, scope, 'ON'));
  const plan = joinDependent(type, left.plan, right.plan, lateral.id, on);
  return { plan, columns: retyped(columns, plan), name: null };
}

/** The left columns, then the right ones, of every right row for the left row that it was made for. */
function joinDependent(
  type: 'INNER' | 'LEFT',
  left: LogicalPlan,
  right: LogicalPlan,
  id: number,
  on: Expr,
): LogicalPlan {
  const width = build.widthOf(left);
  const lifted = liftPredicates(right, id);
  if (lifted !== null && lifted.defaults === null && !lifted.columns.some((column) => refersTo(column, id))) {
    const names = build.namesOf(right);
    const extra = build.columnsOf(lifted.plan);
    const projected = build.project(
      lifted.plan,
      [...lifted.columns, ...extra],
      [...names, ...build.namesOf(lifted.plan)],
    );
    const predicates = lifted.predicates.map((predicate) => overBoth(shift(predicate, names.length), id, left));
    const joined = build.join(type, left, projected, conjunction([...predicates, on]));
    return build.projectColumns(joined, range(width + names.length));
  }
  if (type === 'INNER') {
    const pushed = pushOuter(right, id, left);
    if (pushed !== null) return build.filter(pushed, on);
  }
  const dependent = pushDependentJoin(right, id, left);
  const domainWidth = dependent.width;
  const moved = mapExpr(on, (node) =>
    node.kind === 'input-ref' && node.index >= width ? { ...node, index: node.index + domainWidth } : node,
  );
  const sameDomain = dependent.outer.map((column, i) => {
    const domainType = dependent.plan.schema.fields[i]!.type;
    return sameValue(build.columnOf(left, column), { kind: 'input-ref', index: width + i, type: domainType });
  });
  const joined = build.join(type, left, dependent.plan, conjunction([...sameDomain, moved]));
  const own = range(build.widthOf(right)).map((i) => width + domainWidth + i);
  return build.projectColumns(joined, [...range(width), ...own]);
}

function shift(expr: Expr, by: number): Expr {
  if (inputsOf(expr).length === 0) return expr;
  return mapExpr(expr, (node) => (node.kind === 'input-ref' ? { ...node, index: node.index + by } : node));
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
