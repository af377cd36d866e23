/**
 * Joins the subqueries of an expression to the plan that the expression stands over. EXISTS, IN and ANY as conjuncts
 * of a filter become SEMI and ANTI joins; elsewhere they become a mark that an outer join brings, scalar subqueries a
 * column.
 */
import { call, type Expr, inputRef, literal, mapExpr, substituteInputs } from '../../expr/expr.ts';
import { resolveCall } from '../../expr/resolve.ts';
import { BIGINT, BOOLEAN } from '../../types/data-type.ts';
import { EMPTY_RESULT, type LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunction, conjunctsOf } from '../logical-predicate.ts';
import {
  type CollectedSubquery,
  fillPlaceholders,
  hasPlaceholder,
  OPERAND,
  placeholderIndex,
  SUBQUERY,
} from './collect.ts';
import { liftPredicates, overBoth, singleValue, withMark } from './decorrelate.ts';
import { pushDependentJoin, sameValue } from './dependent-join.ts';
import { outerColumnsOf, planRefersTo, replaceOuterInPlan } from './outer-plan.ts';
import { asOuter, outerReference, refersTo } from './scope.ts';

/** A plan that grows on the right as subqueries are joined to it; columns keep their numbers. */
export interface Placement {
  plan: LogicalPlan;
  /** The scope whose columns are those of the plan. */
  readonly scope: number;
  readonly subqueries: readonly CollectedSubquery[];
  /** The column of the plan that a column of the scope is: not itself only after an aggregation. */
  readonly columnOf: (index: number, reference: Expr) => number;
  /** What is done to operands of IN and ANY, as to the expression itself. */
  readonly rewrite: (expr: Expr) => Expr;
  /** Columns of subqueries already joined. */
  readonly placed: Map<number, Expr>;
}

export function placement(
  plan: LogicalPlan,
  scope: number,
  subqueries: readonly CollectedSubquery[],
  over: { columnOf: (index: number, reference: Expr) => number; rewrite: (expr: Expr) => Expr } = {
    columnOf: (index) => index,
    rewrite: (expr) => expr,
  },
): Placement {
  return { plan, scope, subqueries, ...over, placed: new Map() };
}

/** The expression with its subqueries joined to the placement's plan. */
export function placeExpr(expr: Expr, at: Placement): Expr {
  if (!hasPlaceholder(expr, SUBQUERY)) return expr;
  return fillPlaceholders(expr, SUBQUERY, (index) => {
    const known = at.placed.get(index);
    if (known !== undefined) return known;
    const value = joinValue(at.subqueries[index]!, at);
    at.placed.set(index, value);
    return value;
  });
}

/** Filters the placement's plan: conjuncts without subqueries first. */
export function placeFilter(predicate: Expr, at: Placement): void {
  const conjuncts = conjunctsOf(predicate);
  const plain = conjuncts.filter((conjunct) => !hasPlaceholder(conjunct, SUBQUERY));
  at.plan = build.filter(at.plan, conjunction(plain));
  const values: Expr[] = [];
  for (const conjunct of conjuncts) {
    if (!hasPlaceholder(conjunct, SUBQUERY)) continue;
    const negated = conjunct.kind === 'call' && conjunct.fn === 'NOT';
    const index = placeholderIndex(negated ? conjunct.args[0]! : conjunct, SUBQUERY);
    const subquery = index === null ? null : at.subqueries[index]!;
    if (subquery === null || subquery.kind === 'scalar') values.push(placeExpr(conjunct, at));
    else joinSemi(subquery, negated, at);
  }
  at.plan = build.filter(at.plan, conjunction(values));
}

/** The subquery's plan with outer references to columns of the placement's plan. */
function inPlace(plan: LogicalPlan, at: Placement): LogicalPlan {
  return replaceOuterInPlan(plan, at.scope, (index, reference) => {
    const column = at.columnOf(index, reference);
    return outerReference(build.columnOf(at.plan, column), at.scope);
  });
}

function operandsOf(subquery: CollectedSubquery & { readonly kind: 'any' }, at: Placement): readonly Expr[] {
  return subquery.operands.map((operand) => placeExpr(at.rewrite(operand), at));
}

// ── SEMI and ANTI ──

function joinSemi(
  subquery: CollectedSubquery & { readonly kind: 'exists' | 'any' },
  negated: boolean,
  at: Placement,
): void {
  const operands = subquery.kind === 'any' ? operandsOf(subquery, at) : [];
  const plan = inPlace(subquery.kind === 'exists' ? withoutProjection(subquery.plan) : subquery.plan, at);
  const type = negated ? 'ANTI' : 'SEMI';
  const match = subquery.kind === 'any' ? outerCondition(subquery.condition, operands, at.scope) : null;
  if (match !== null && negated && match.type.nullable) {
    joinNotIn(plan, match, at);
    return;
  }
  joinWhere(type, plan, match === null ? [] : [match], at);
}

/** Operands of the condition become outer references: it is then a predicate of the subquery. */
function outerCondition(condition: Expr, operands: readonly Expr[], scope: number): Expr {
  return fillPlaceholders(condition, OPERAND, (index) => outerReference(operands[index]!, scope));
}

/** SEMI or ANTI join with the rows of `plan` for which `matches` hold. */
function joinWhere(type: 'SEMI' | 'ANTI', plan: LogicalPlan, matches: readonly Expr[], at: Placement): void {
  const lifted = liftPredicates(plan, at.scope);
  if (lifted !== null && lifted.defaults === null) {
    const own = matches.map((match) => substituteInputs(match, lifted.columns));
    const condition = conjunction([...lifted.predicates, ...own].map((expr) => overBoth(expr, at.scope, at.plan)));
    at.plan = build.join(type, at.plan, lifted.plan, condition);
    return;
  }
  if (lifted?.defaults !== undefined && matches.length === 0) {
    // One row for every outer row: it exists.
    if (type === 'ANTI') at.plan = build.emptyLike(at.plan);
    return;
  }
  const filtered = build.filter(plan, conjunction(matches));
  const dependent = pushDependentJoin(filtered, at.scope, at.plan);
  at.plan = build.join(type, at.plan, dependent.plan, sameDomain(dependent, at.plan));
}

/** NOT IN and <> ALL over nullable values: a row stays only if every comparison is FALSE. */
function joinNotIn(plan: LogicalPlan, match: Expr, at: Placement): void {
  if (!planRefersTo(plan, at.scope)) {
    at.plan = build.join('ANTI', at.plan, plan, overBoth(match, at.scope, at.plan), { nullAware: true });
    return;
  }
  joinWhere('ANTI', plan, [notFalse(match)], at);
}

/** `match IS NOT FALSE`; for comparisons as an OR over tests for NULL, whose parts the planner can use. */
function notFalse(match: Expr): Expr {
  if (match.kind !== 'call' || match.fn === 'AND') return resolveCall('IS NOT FALSE', [match]);
  const unknowns = match.args.filter((arg) => arg.type.nullable).map((arg) => resolveCall('IS NULL', [arg]));
  return [match, ...unknowns].reduce((left, right) => resolveCall('OR', [left, right]));
}

function sameDomain(dependent: { plan: LogicalPlan; outer: readonly number[] }, outer: LogicalPlan): Expr {
  const width = build.widthOf(outer);
  return conjunction(
    dependent.outer.map((column, i) => {
      const type = dependent.plan.schema.fields[i]!.type;
      return sameValue(build.columnOf(outer, column), inputRef(width + i, type));
    }),
  );
}

/** EXISTS asks only for rows: what is selected, ordered or made distinct does not matter. */
function withoutProjection(plan: LogicalPlan): LogicalPlan {
  if (plan.kind === 'project') return withoutProjection(plan.input);
  if (plan.kind === 'sort' && plan.offset === 0 && (plan.fetch === null || plan.fetch > 0)) {
    return withoutProjection(plan.input);
  }
  if (plan.kind === 'aggregate' && plan.keys.length > 0) return withoutProjection(plan.input);
  return plan;
}

// ── values ──

function joinValue(subquery: CollectedSubquery, at: Placement): Expr {
  switch (subquery.kind) {
    case 'scalar':
      return joinScalar(inPlace(singleValue(subquery.plan), at), at);
    case 'exists':
      return joinMark(inPlace(withoutProjection(subquery.plan), at), at);
    case 'any':
      return joinAny(subquery, at);
  }
}

/** Is there a row for which the comparison is TRUE; else one for which it is UNKNOWN? */
function joinAny(subquery: CollectedSubquery & { readonly kind: 'any' }, at: Placement): Expr {
  const operands = operandsOf(subquery, at);
  const match = outerCondition(subquery.condition, operands, at.scope);
  const plan = inPlace(subquery.plan, at);
  const byCounts = subquery.unknownIsFalse ? null : unknownByCounts(plan, match, operands, at);
  const isTrue = joinMark(build.filter(plan, match), at);
  if (subquery.unknownIsFalse) return isTrue;
  const isUnknown = byCounts ?? unknownByMark(plan, match, at);
  const unknown = literal(null, { kind: 'BOOLEAN', nullable: true });
  return resolveCall('CASE', [isTrue, literal(true, BOOLEAN), isUnknown, unknown, literal(false, BOOLEAN)]);
}

function unknownByMark(plan: LogicalPlan, match: Expr, at: Placement): Expr {
  return joinMark(build.filter(plan, resolveCall('IS UNKNOWN', [match])), at);
}

/**
 * For `operand = column` over an uncorrelated subquery two counts tell: it is UNKNOWN if there is a row, and the
 * operand or the column of some row is NULL. null for anything else. As in Flink the one row of counts is joined first,
 * and in STREAMING nothing comes out before there is one; Flink then gives nothing at all for a subquery without rows,
 * where here they are counted when its input ends.
 */
function unknownByCounts(plan: LogicalPlan, match: Expr, operands: readonly Expr[], at: Placement): Expr | null {
  const isEquality = match.kind === 'call' && match.fn === '=';
  if (!isEquality || operands.length !== 1 || planRefersTo(plan, at.scope)) return null;
  const [operand] = operands as readonly [Expr];
  const count = { fn: 'COUNT', distinct: false, filter: null, type: BIGINT };
  const counts = build.aggregate(
    plan,
    [],
    [
      { ...count, args: [], name: '$rows' },
      { ...count, args: [0], name: '$known' },
    ],
    [EMPTY_RESULT],
  );
  const width = build.widthOf(at.plan);
  at.plan = build.join('INNER', at.plan, counts, build.TRUE);
  const [rows, known] = build.columnsOf(at.plan, width) as [Expr, Expr];
  const hasRows = resolveCall('>', [rows, literal(0n, BIGINT)]);
  const hasNull = resolveCall('<', [known, rows]);
  if (!operand.type.nullable) return hasNull;
  return resolveCall('OR', [hasNull, resolveCall('AND', [hasRows, resolveCall('IS NULL', [operand])])]);
}

/** The first column of the one row, or NULL. */
function joinScalar(plan: LogicalPlan, at: Placement): Expr {
  const outerWidth = build.widthOf(at.plan);
  const lifted = liftPredicates(plan, at.scope);
  if (lifted === null) {
    const dependent = pushDependentJoin(plan, at.scope, at.plan);
    at.plan = build.join('LEFT', at.plan, dependent.plan, sameDomain(dependent, at.plan));
    return build.columnOf(at.plan, outerWidth + dependent.width);
  }
  const column = lifted.columns[0]!;
  const preset = lifted.defaults?.[0] ?? null;
  const hasPreset = preset !== null && !(preset.kind === 'literal' && preset.value === null);
  const isOuter = refersTo(column, at.scope);
  const needsMark = isOuter || (hasPreset && column.type.nullable);
  const width = build.widthOf(lifted.plan);
  // The value is computed before the join: over the padding of the join it could be something else than NULL.
  const computed = isOuter
    ? lifted.plan
    : build.project(lifted.plan, [...build.columnsOf(lifted.plan), column], [...build.namesOf(lifted.plan), '$value']);
  const right = needsMark ? withMark(computed) : computed;
  const condition = conjunction(lifted.predicates.map((expr) => overBoth(expr, at.scope, at.plan)));
  const outer = at.plan;
  at.plan = build.join('LEFT', outer, right, condition);
  const joined = at.plan;
  const value = isOuter
    ? padded(overBoth(column, at.scope, outer), joined)
    : build.columnOf(joined, outerWidth + width);
  const otherwise = hasPreset ? mapOuter(preset, at.scope, outer) : literal(null, { ...value.type, nullable: true });
  if (needsMark) {
    const mark = resolveCall('IS NOT NULL', [build.columnOf(joined, build.widthOf(joined) - 1)]);
    return resolveCall('CASE', [mark, value, otherwise]);
  }
  if (!hasPreset) return value;
  // The type of a scalar subquery is nullable, whatever it is made of.
  return call('COALESCE', [value, otherwise], { ...value.type, nullable: true });
}

/** Column types as they are after the join. */
function padded(expr: Expr, joined: LogicalPlan): Expr {
  return mapExpr(expr, (node) => (node.kind === 'input-ref' ? build.columnOf(joined, node.index) : node));
}

function mapOuter(expr: Expr, scope: number, outer: LogicalPlan): Expr {
  return mapExpr(expr, (node) => {
    const column = asOuter(node);
    return column?.scope === scope ? build.columnOf(outer, column.index) : node;
  });
}

/** TRUE where the subquery has a row, else FALSE: a LEFT join with at most one row for each outer row. */
function joinMark(plan: LogicalPlan, at: Placement): Expr {
  const lifted = liftPredicates(plan, at.scope);
  if (lifted !== null && lifted.defaults !== null) return literal(true, BOOLEAN);
  const outer = at.plan;
  const keys = lifted === null ? null : equalityKeys(lifted.predicates, at.scope);
  if (lifted === null || keys === null) {
    const width = outerColumnsOf(plan, at.scope).size;
    const dependent = pushDependentJoin(plan, at.scope, outer);
    const domain = build.projectColumns(
      dependent.plan,
      Array.from({ length: width }, (_, i) => i),
    );
    const distinct = distinctMark(domain);
    at.plan = build.join('LEFT', outer, distinct, sameDomain({ plan: distinct, outer: dependent.outer }, outer));
  } else {
    const inner = keys.map((key) => key.inner);
    const projected = build.project(
      lifted.plan,
      inner,
      inner.map((_, i) => `$key${i}`),
    );
    const distinct = distinctMark(projected);
    const condition = keys.map((key, i) => {
      const right = inputRef(build.widthOf(outer) + i, distinct.schema.fields[i]!.type);
      return resolveCall('=', [mapOuter(key.outer, at.scope, outer), right]);
    });
    at.plan = build.join('LEFT', outer, distinct, conjunction(condition));
  }
  return resolveCall('IS NOT NULL', [build.columnOf(at.plan, build.widthOf(at.plan) - 1)]);
}

/**
 * Each row once, with a mark. Of no columns the mark itself is the key: a global aggregate has a row even of nothing.
 */
function distinctMark(plan: LogicalPlan): LogicalPlan {
  return build.widthOf(plan) === 0 ? distinctRows(withMark(plan)) : withMark(distinctRows(plan));
}

function distinctRows(plan: LogicalPlan): LogicalPlan {
  return build.aggregate(plan, [...plan.schema.fields.keys()], []);
}

/** All predicates as `inner = outer`; null if one has another shape. */
function equalityKeys(predicates: readonly Expr[], scope: number): readonly { inner: Expr; outer: Expr }[] | null {
  const keys: { inner: Expr; outer: Expr }[] = [];
  for (const predicate of predicates) {
    if (predicate.kind !== 'call' || predicate.fn !== '=') return null;
    const [a, b] = predicate.args as readonly [Expr, Expr];
    if (!refersTo(a, scope) && isOuterOnly(b)) keys.push({ inner: a, outer: b });
    else if (!refersTo(b, scope) && isOuterOnly(a)) keys.push({ inner: b, outer: a });
    else return null;
  }
  return keys;
}

function isOuterOnly(expr: Expr): boolean {
  let plain = true;
  mapExpr(expr, (node) => {
    if (node.kind === 'input-ref') plain = false;
    return node;
  });
  return plain;
}
