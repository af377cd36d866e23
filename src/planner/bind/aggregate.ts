/**
 * GROUP BY: from bound keys and collected aggregates to a plan, and from expressions over the input to expressions
 * over the groups. Grouping sets go through Expand, which gives each row once per set with the columns rolled up set
 * to NULL and an expand id, `$e`, whose bits tell which those are.
 */
import { EngineError, type Span } from '../../base/errors.ts';
import { type AggregateCall, call, type Expr, literal } from '../../expr/expr.ts';
import { resolveCall } from '../../expr/resolve.ts';
import type * as ast from '../../sql/ast.ts';
import { BIGINT, nullable } from '../../types/data-type.ts';
import type { Hint, LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { AGGREGATE, type Collected, GROUPING, indexOfExpr, placeholderIndex, SUBQUERY, WINDOW } from './collect.ts';
import { bindExpr } from './expr.ts';
import type { ExprContext } from './expr-context.ts';
import { asOuter } from './scope.ts';
import { type Placement, placeExpr } from './subquery.ts';

export interface Grouping {
  /** Distinct key expressions over the input. */
  readonly keys: readonly Expr[];
  /** Each set: indices of keys. One set with all keys for a plain GROUP BY. */
  readonly sets: readonly (readonly number[])[];
}

/** Every grouping set has a key, as far as the syntax tells: then no group is empty. */
export function everySetHasKey(groupBy: ast.GroupBy | undefined): boolean {
  if (groupBy === undefined) return false;
  return (
    groupBy.items.some((item) => item.kind === 'grouping-set' && item.exprs.length > 0) ||
    groupBy.items.every((item) => item.kind === 'grouping-sets' && !mayBeEmpty(item))
  );
}

function mayBeEmpty(element: ast.GroupingElement): boolean {
  if (element.kind === 'grouping-set') return element.exprs.length === 0;
  return element.kind !== 'grouping-sets' || element.elements.some(mayBeEmpty);
}

/** @param context allows no aggregates */
export function bindGroupBy(groupBy: ast.GroupBy | undefined, context: ExprContext): Grouping {
  if (groupBy === undefined) return { keys: [], sets: [[]] };
  const keys: Expr[] = [];
  const keyOf = (node: ast.Expr): number => {
    const expr = bindExpr(node, context);
    const known = indexOfExpr(keys, expr);
    return known >= 0 ? known : keys.push(expr) - 1;
  };
  const expand = (element: ast.GroupingElement): number[][] => {
    if (element.kind === 'grouping-set') return [element.exprs.map(keyOf)];
    const parts = element.elements.map(expand);
    if (element.kind === 'grouping-sets') return parts.flat();
    const units = parts.map((part) => part[0]!);
    if (element.kind === 'rollup') {
      return Array.from({ length: units.length + 1 }, (_, i) => units.slice(0, units.length - i).flat());
    }
    const subsets: number[][] = [];
    for (let bits = (1 << units.length) - 1; bits >= 0; bits--) {
      subsets.push(units.filter((_, i) => bits & (1 << (units.length - 1 - i))).flat());
    }
    return subsets;
  };
  let sets: number[][] = [[]];
  for (const item of groupBy.items) {
    const own = expand(item);
    sets = sets.flatMap((set) => own.map((other) => [...set, ...other]));
  }
  const unique = sets.map((set) => [...new Set(set)]);
  if (!groupBy.distinct) return { keys, sets: unique };
  const seen = new Set<string>();
  const distinct = unique.filter((set) => {
    const digest = [...set].sort((a, b) => a - b).join();
    return seen.has(digest) ? false : seen.add(digest);
  });
  return { keys, sets: distinct };
}

/** The plan over groups, and how expressions over the input read over it. */
export interface Grouped {
  readonly plan: LogicalPlan;
  /** @throws EngineError SQL-NOT-GROUPED */
  readonly rewrite: (expr: Expr) => Expr;
  /** @throws EngineError SQL-NOT-GROUPED */
  readonly columnOf: (index: number, reference: Expr) => number;
}

export interface GroupInput {
  readonly grouping: Grouping;
  readonly collected: Collected;
  readonly hints: readonly Hint[];
  /** Names for the results of aggregates, by number of the aggregate. */
  readonly names: ReadonlyMap<number, string>;
  readonly spanOf: (expr: Expr) => Span | undefined;
}

/** @param at over the input; its plan is consumed */
export function group(at: Placement, input: GroupInput): Grouped {
  const { grouping, collected } = input;
  const { keys, sets } = grouping;
  const columns: Expr[] = [];
  const names: string[] = [];
  const use = (expr: Expr, name: string): number => {
    const placed = placeExpr(expr, at);
    const known = indexOfExpr(columns, placed);
    if (known >= 0 && known >= keys.length) return known;
    if (known >= 0 && sets.length === 1) return known;
    names.push(name);
    return columns.push(placed) - 1;
  };
  for (const [i, key] of keys.entries()) {
    columns.push(placeExpr(key, at));
    names.push(keyName(key, at.plan, i));
  }
  const calls = collected.aggregates.map((found, i): AggregateCall => {
    const fallback = `$f${keys.length + i}`;
    return {
      fn: found.fn,
      args: found.args.map((arg) => use(arg, columnName(arg, at.plan) ?? fallback)),
      distinct: found.distinct,
      filter: found.filter === null ? null : use(found.filter, `$f${keys.length + i}_filter`),
      type: found.type,
      ...(found.literals.length === 0 ? {} : { literals: found.literals }),
      name: input.names.get(i) ?? `EXPR$${keys.length + i}`,
    };
  });
  if (sets.length === 1 && sets[0]!.length === keys.length) {
    return plainGroups(project(at.plan, columns, names), keys, calls, input);
  }
  return expandedGroups(project(at.plan, columns, names), keys, sets, calls, input);
}

function project(plan: LogicalPlan, columns: readonly Expr[], names: readonly string[]): LogicalPlan {
  // COUNT(*) alone reads no column, but a row must have one.
  if (columns.length === 0) return build.project(plan, [literal(0, { kind: 'INT', nullable: false })], ['ZERO']);
  return build.project(plan, columns, names);
}

function keyName(key: Expr, plan: LogicalPlan, index: number): string {
  return columnName(key, plan) ?? `$f${index}`;
}

function columnName(expr: Expr, plan: LogicalPlan): string | null {
  return expr.kind === 'input-ref' ? plan.schema.fields[expr.index]!.name : null;
}

function plainGroups(
  input: LogicalPlan,
  keys: readonly Expr[],
  calls: readonly AggregateCall[],
  { hints, spanOf }: GroupInput,
): Grouped {
  const plan = build.aggregate(
    input,
    keys.map((_, i) => i),
    calls,
    hints,
  );
  return over(plan, keys, keys.length, () => literal(0n, BIGINT), spanOf);
}

function expandedGroups(
  input: LogicalPlan,
  keys: readonly Expr[],
  sets: readonly (readonly number[])[],
  calls: readonly AggregateCall[],
  { hints, spanOf }: GroupInput,
): Grouped {
  const ids = expandIds(keys.length, sets).map((id) => literal(id, BIGINT));
  const plan =
    keys.length === 0
      ? repeatedGroup(build.aggregate(input, [], calls, hints), ids)
      : build.aggregate(eachRowPerSet(input, keys, sets, ids), [...keys.keys(), build.widthOf(input)], calls, hints);
  const id = build.columnOf(plan, keys.length);
  const grouping = (args: readonly number[]): Expr => {
    const branches = sets.flatMap((set, i) => {
      let bits = 0n;
      for (const arg of args) bits = bits * 2n + (set.includes(arg) ? 0n : 1n);
      return [resolveCall('=', [id, ids[i]!]), literal(bits, BIGINT)];
    });
    return call('CASE', [...branches.slice(0, -2), branches.at(-1)!], BIGINT);
  };
  return over(plan, keys, keys.length + 1, grouping, spanOf);
}

/** Columns of the input, those that the set rolls up NULL, and the set's id. */
function eachRowPerSet(
  input: LogicalPlan,
  keys: readonly Expr[],
  sets: readonly (readonly number[])[],
  ids: readonly Expr[],
): LogicalPlan {
  const width = build.widthOf(input);
  const projections = sets.map((set, i) => [
    ...keys.map((_, key) => {
      const column = build.columnOf(input, key);
      return set.includes(key) ? column : literal(null, nullable(column.type));
    }),
    ...build.columnsOf(input, keys.length, width),
    ids[i]!,
  ]);
  return build.expand(input, projections, [...build.namesOf(input), '$e']);
}

/** Only empty sets: the one group, which is there over no rows too, once for each. */
function repeatedGroup(group: LogicalPlan, ids: readonly Expr[]): LogicalPlan {
  const projections = ids.map((id) => [id, ...build.columnsOf(group)]);
  return build.expand(group, projections, ['$e', ...build.namesOf(group)]);
}

/** A bit per key that is rolled up, the first key the highest; a set that occurs again gets the next free number. */
function expandIds(keys: number, sets: readonly (readonly number[])[]): readonly bigint[] {
  const taken = new Set<bigint>();
  const masks = sets.map((set) => {
    let mask = 0n;
    for (let key = 0; key < keys; key++) mask = mask * 2n + (set.includes(key) ? 0n : 1n);
    return mask;
  });
  const all = new Set(masks);
  let next = 1n << BigInt(keys);
  return masks.map((mask) => {
    if (!taken.has(mask)) {
      taken.add(mask);
      return mask;
    }
    while (all.has(next) || taken.has(next)) next++;
    taken.add(next);
    return next;
  });
}

function over(
  plan: LogicalPlan,
  keys: readonly Expr[],
  firstCall: number,
  grouping: (args: readonly number[]) => Expr,
  spanOf: (expr: Expr) => Span | undefined,
): Grouped {
  const rewrite = (expr: Expr): Expr => {
    const key = expr.kind === 'literal' ? -1 : indexOfExpr(keys, expr);
    if (key >= 0) return build.columnOf(plan, key);
    const aggregate = placeholderIndex(expr, AGGREGATE);
    if (aggregate !== null) return build.columnOf(plan, firstCall + aggregate);
    if (expr.kind === 'input-ref') throw notGrouped(spanOf(expr));
    if (expr.kind === 'literal' || asOuter(expr) !== null) return expr;
    if (expr.fn === SUBQUERY || expr.fn === WINDOW) return expr;
    if (expr.fn === GROUPING) return grouping(expr.args.map((arg) => groupedKey(keys, arg, spanOf)));
    return withArguments(expr, expr.args.map(rewrite));
  };
  const columnOf = (index: number, reference: Expr): number => {
    const key = keys.findIndex((expr) => expr.kind === 'input-ref' && expr.index === index);
    if (key < 0) throw notGrouped(spanOf(reference));
    return key;
  };
  return { plan, rewrite, columnOf };
}

function groupedKey(keys: readonly Expr[], arg: Expr, spanOf: (expr: Expr) => Span | undefined): number {
  const key = indexOfExpr(keys, arg);
  if (key >= 0) return key;
  throw new EngineError('SQL-NOT-GROUPED', 'the argument of GROUPING must be one of the GROUP BY expressions', {
    span: spanOf(arg),
  });
}

const NEVER_NULL: ReadonlySet<string> = new Set(['COALESCE', 'CASE', 'IF', 'IFNULL', 'ROW', 'ARRAY', 'MAP']);

/** A key that is rolled up is NULL, so what is computed from it may be. */
function withArguments(expr: Expr & { readonly kind: 'call' }, args: readonly Expr[]): Expr {
  if (args.every((arg, i) => arg === expr.args[i])) return expr;
  const became = args.some((arg, i) => arg.type.nullable && !expr.args[i]!.type.nullable);
  const test = expr.fn.startsWith('IS ') || NEVER_NULL.has(expr.fn);
  return { ...expr, args, type: became && !test ? nullable(expr.type) : expr.type };
}

function notGrouped(span: Span | undefined): EngineError {
  return new EngineError('SQL-NOT-GROUPED', 'expression is not being grouped', {
    span,
    hint: 'the column must appear in GROUP BY, or inside an aggregate function',
  });
}
