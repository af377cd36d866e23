/**
 * Frees a subquery from outer references by lifting the predicates that hold them out of it, up to where it is joined:
 * σ[inner.k = outer.k](T) becomes T, joined on k. An aggregation on the way is grouped by the inner sides of the lifted
 * equalities as well, which gives for each outer row the group that it would have seen; that there is no group where it
 * would have seen an empty input (the "count bug") is answered by `defaults`.
 *
 * Where nothing simple applies, the answer is null and dependent-join.ts does the general thing.
 */
import { type Expr, inputRef, inputsOf, literal, mapExpr, substituteInputs } from '../../expr/expr.ts';
import { functions } from '../../expr/functions/index.ts';
import { BOOLEAN } from '../../types/data-type.ts';
import type { Value } from '../../types/value.ts';
import type { Aggregate, Join, LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunction, conjunctsOf } from '../logical-predicate.ts';
import { planRefersTo } from './outer-plan.ts';
import { asOuter, refersTo } from './scope.ts';

export interface Lifted {
  /** Without references to the scope. */
  readonly plan: LogicalPlan;
  /** The columns of the subquery, over `plan`; they may hold outer references. */
  readonly columns: readonly Expr[];
  /** What must hold of a row of `plan` and the outer row. */
  readonly predicates: readonly Expr[];
  /**
   * The subquery always gives one row: the columns where no row of `plan` matches. Over nothing but outer references.
   */
  readonly defaults: readonly Expr[] | null;
}

export function liftPredicates(plan: LogicalPlan, id: number): Lifted | null {
  if (!planRefersTo(plan, id)) {
    return { plan, columns: build.columnsOf(plan), predicates: [], defaults: null };
  }
  switch (plan.kind) {
    case 'filter': {
      const input = liftPredicates(plan.input, id);
      if (input === null || input.defaults !== null) return null;
      const conjuncts = conjunctsOf(substituteInputs(plan.predicate, input.columns));
      const held = conjuncts.filter((conjunct) => refersTo(conjunct, id));
      const kept = conjuncts.filter((conjunct) => !refersTo(conjunct, id));
      const filtered = build.filter(input.plan, conjunction(kept));
      return { ...input, plan: filtered, predicates: [...input.predicates, ...held] };
    }
    case 'project': {
      const input = liftPredicates(plan.input, id);
      if (input === null) return null;
      const columns = plan.exprs.map((expr) => substituteInputs(expr, input.columns));
      const { defaults } = input;
      return {
        ...input,
        columns,
        defaults: defaults === null ? null : plan.exprs.map((expr) => nullPropagated(substituteInputs(expr, defaults))),
      };
    }
    case 'join':
      return liftFromJoin(plan, id);
    case 'aggregate':
      return liftFromAggregate(plan, id);
    case 'sort':
      return plan.fetch === null && plan.offset === 0 ? liftPredicates(plan.input, id) : null;
    default:
      return null;
  }
}

/** A strict function of NULL is NULL. */
function nullPropagated(expr: Expr): Expr {
  return mapExpr(expr, (node) => {
    if (node.kind !== 'call' || functions.scalar(node.fn)?.strict !== true) return node;
    const hasNull = node.args.some((arg) => arg.kind === 'literal' && arg.value === null);
    return hasNull ? literal(null, { ...node.type, nullable: true }) : node;
  });
}

function liftFromJoin(join: Join, id: number): Lifted | null {
  if (join.type === 'RIGHT' || join.type === 'FULL' || join.nullAware) return null;
  const left = liftPredicates(join.left, id);
  if (left === null || left.defaults !== null) return null;
  if (join.type !== 'INNER') {
    if (planRefersTo(join.right, id) || left.columns.some((column) => refersTo(column, id))) return null;
    const columns = [...left.columns, ...shifted(build.columnsOf(join.right), build.widthOf(left.plan))];
    const condition = substituteInputs(join.condition, columns);
    if (refersTo(condition, id)) return null;
    const joined = build.join(join.type, left.plan, join.right, condition, join);
    const isSemi = join.type === 'SEMI' || join.type === 'ANTI';
    const own = isSemi ? left.columns : [...left.columns, ...build.columnsOf(joined, build.widthOf(left.plan))];
    return { plan: joined, columns: own, predicates: left.predicates, defaults: null };
  }
  const right = liftPredicates(join.right, id);
  if (right === null || right.defaults !== null) return null;
  const width = build.widthOf(left.plan);
  const columns = [...left.columns, ...shifted(right.columns, width)];
  const conjuncts = conjunctsOf(substituteInputs(join.condition, columns));
  const held = conjuncts.filter((conjunct) => refersTo(conjunct, id));
  const kept = conjuncts.filter((conjunct) => !refersTo(conjunct, id));
  return {
    plan: build.join('INNER', left.plan, right.plan, conjunction(kept), join),
    columns,
    predicates: [...left.predicates, ...shifted(right.predicates, width), ...held],
    defaults: null,
  };
}

function shifted(exprs: readonly Expr[], by: number): readonly Expr[] {
  return exprs.map((expr) =>
    mapExpr(expr, (node) => (node.kind === 'input-ref' ? { ...node, index: node.index + by } : node)),
  );
}

function liftFromAggregate(aggregate: Aggregate, id: number): Lifted | null {
  const input = liftPredicates(aggregate.input, id);
  if (input === null || input.defaults !== null) return null;
  const used = new Set(aggregate.keys);
  for (const call of aggregate.calls) {
    for (const arg of call.args) used.add(arg);
    if (call.filter !== null) used.add(call.filter);
  }
  for (const column of used) if (refersTo(input.columns[column]!, id)) return null;
  const inner: Expr[] = [];
  for (const predicate of input.predicates) {
    const side = innerSideOfEquality(predicate, id);
    if (side === undefined) return null;
    if (side !== null) inner.push(side);
  }
  const emptyValues = aggregate.calls.map((call) => emptyResult(call.fn, call.type.nullable));
  if (aggregate.keys.length === 0 && emptyValues.includes(undefined)) return null;

  // Columns that are not used may hold outer references: they are read by nobody.
  const kept = input.columns.map((column) =>
    refersTo(column, id) ? literal(null, { ...column.type, nullable: true }) : column,
  );
  const names = build.namesOf(aggregate.input);
  const prepared = build.project(input.plan, [...kept, ...inner], [...names, ...inner.map((_, i) => `$lifted${i}`)]);
  const ownKeys = aggregate.keys.length;
  const keys = [...aggregate.keys, ...inner.map((_, i) => kept.length + i)];
  const calls = aggregate.calls.map((call, i) => ({
    ...call,
    name: call.name ?? aggregate.schema.fields[ownKeys + i]!.name,
  }));
  const grouped = build.aggregate(prepared, keys, calls, aggregate.hints);
  const columns = [...build.columnsOf(grouped, 0, ownKeys), ...build.columnsOf(grouped, ownKeys + inner.length)];
  let next = ownKeys;
  const predicates = input.predicates.map((predicate) => {
    if (innerSideOfEquality(predicate, id) === null) return predicate;
    return replaceInnerSide(predicate, id, build.columnOf(grouped, next++));
  });
  const defaults =
    ownKeys > 0
      ? null
      : aggregate.calls.map((call, i) => literal(emptyValues[i]!, { ...call.type, nullable: emptyValues[i] === null }));
  return { plan: grouped, columns, predicates, defaults };
}

/** What an aggregate gives over no rows; undefined if that is not known. */
function emptyResult(fn: string, isNullable: boolean): Value | undefined {
  if (fn === 'COUNT' || fn === 'APPROX_COUNT_DISTINCT') return 0n;
  return isNullable || fn === 'SINGLE_VALUE' ? null : undefined;
}

/** Of `inner = outer` the inner side; null if the predicate has no inner columns; undefined for any other shape. */
function innerSideOfEquality(predicate: Expr, id: number): Expr | null | undefined {
  if (inputsOf(predicate).length === 0) return null;
  if (predicate.kind !== 'call' || predicate.fn !== '=') return undefined;
  const [a, b] = predicate.args as readonly [Expr, Expr];
  for (const [inner, outer] of [
    [a, b],
    [b, a],
  ] as const) {
    if (!refersTo(inner, id) && inputsOf(outer).length === 0) return inner;
  }
  return undefined;
}

function replaceInnerSide(predicate: Expr, id: number, column: Expr): Expr {
  const inner = innerSideOfEquality(predicate, id);
  if (predicate.kind !== 'call') return predicate;
  return { ...predicate, args: predicate.args.map((arg) => (arg === inner ? column : arg)) };
}

/** A column that is TRUE on every row: tells a match from the padding of an outer join. */
export function withMark(plan: LogicalPlan): LogicalPlan {
  return build.project(plan, [...build.columnsOf(plan), literal(true, BOOLEAN)], [...build.namesOf(plan), '$mark']);
}

/** Outer references to scope `id` become columns of the outer plan; inner columns move behind them. */
export function overBoth(expr: Expr, id: number, outerPlan: LogicalPlan): Expr {
  const width = build.widthOf(outerPlan);
  return mapExpr(expr, (node) => {
    if (node.kind === 'input-ref') return inputRef(node.index + width, node.type);
    const outer = asOuter(node);
    return outer?.scope === id ? build.columnOf(outerPlan, outer.index) : node;
  });
}

/** Does the plan give at most one row? */
function givesAtMostOneRow(plan: LogicalPlan): boolean {
  switch (plan.kind) {
    case 'aggregate':
      return plan.keys.length === 0;
    case 'values':
      return plan.rows.length <= 1;
    case 'project':
    case 'filter':
      return givesAtMostOneRow(plan.input);
    case 'sort':
      return (plan.fetch !== null && plan.fetch <= 1) || givesAtMostOneRow(plan.input);
    default:
      return false;
  }
}

/** The subquery with an error at run time for a second row. */
export function singleValue(plan: LogicalPlan): LogicalPlan {
  if (givesAtMostOneRow(plan)) return plan;
  const { name, type } = plan.schema.fields[0]!;
  const call = {
    fn: 'SINGLE_VALUE',
    args: [0],
    distinct: false,
    filter: null,
    type: { ...type, nullable: true },
    name,
  };
  return build.aggregate(plan, [], [call]);
}
