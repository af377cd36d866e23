/**
 * Where an input has already been joined SEMI with some rows, a join of the same input with these rows, or with fewer
 * of them, reads what is left of it: reduce-aggregates has made the SEMI join for the rows that an aggregation looks
 * at, and the query reads the same rows beside the aggregation (TPC-H Q2, Q17).
 */
import { type Expr, exprToJson } from '../../expr/expr.ts';
import type { Join, LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunctsOf } from '../logical-predicate.ts';
import { rewriteAll } from '../logical-visit.ts';
import { Estimator } from '../stats/row-count.ts';
import { equalColumns } from './equivalence.ts';
import type { Rule } from './rule.ts';

/** Reading what is left twice must be less work than reading the input again. */
const WORTH_IT = 0.5;

export const reuseReductions: Rule = {
  name: 'reuse-reductions',
  reason: 'after reduce-aggregates, and after SEMI joins have come down to the inputs that they reduce',
  apply: (roots, { profile, configuration }) => {
    if (profile.keyedInput === 'arrival-order') return roots;
    if (!configuration.boolean('table.optimizer.reuse-sub-plan-enabled')) return roots;
    const estimator = new Estimator();
    const reductions: Reduction[] = [];
    return rewriteAll(roots, (node) => {
      if (node.kind !== 'join') return node;
      const reduction = reductionOf(node);
      if (reduction !== null) reductions.push(reduction);
      return node.type === 'INNER' && node.hints.length === 0 ? reuse(node, reductions, estimator) : node;
    });
  },
};

/** A SEMI join on equalities, and the node whose rows it looks up. */
interface Reduction {
  readonly semi: Join;
  /** Columns of the reduced input, and those of `among` that they are found in. */
  readonly columns: readonly number[];
  readonly among: LogicalPlan;
  readonly found: readonly number[];
}

function reductionOf(join: Join): Reduction | null {
  if (join.type !== 'SEMI' || join.hints.length > 0) return null;
  const pairs = pairsOf(join);
  if (pairs === null) return null;
  let among = join.right;
  let found = pairs.map(([, right]) => right);
  while (among.kind === 'project') {
    const { exprs } = among;
    const below = found.map((column) => indexOf(exprs[column]!));
    if (below.includes(-1)) break;
    found = below;
    among = among.input;
  }
  return { semi: join, columns: pairs.map(([left]) => left), among, found };
}

/** The condition as equalities of a left with a right column; null if there is anything else. */
function pairsOf(join: Join): readonly (readonly [number, number])[] | null {
  const width = build.widthOf(join.left);
  const pairs: (readonly [number, number])[] = [];
  for (const conjunct of conjunctsOf(join.condition)) {
    const pair = equalColumns(conjunct);
    if (pair === null) return null;
    const [low, high] = [Math.min(...pair), Math.max(...pair)];
    if (low >= width || high < width) return null;
    pairs.push([low, high - width]);
  }
  return pairs.length === 0 ? null : pairs;
}

function reuse(join: Join, reductions: readonly Reduction[], estimator: Estimator): LogicalPlan {
  for (const reduction of reductions) {
    const { semi } = reduction;
    const saves = estimator.estimate(semi).rows <= WORTH_IT * estimator.estimate(semi.left).rows;
    if (!saves) continue;
    if (isSamePlan(join.left, semi.left) && asksFor(join, 'right', reduction)) {
      return build.join('INNER', semi, join.right, join.condition, join);
    }
    if (isSamePlan(join.right, semi.left) && asksFor(join, 'left', reduction)) {
      return build.join('INNER', join.left, semi, join.condition, join);
    }
  }
  return join;
}

/** Is the reduced input compared with nothing but values that the SEMI join let through? */
function asksFor(join: Join, other: 'left' | 'right', { columns, among, found }: Reduction): boolean {
  const width = build.widthOf(join.left);
  const pairs = conjunctsOf(join.condition).flatMap((conjunct) => {
    const pair = equalColumns(conjunct);
    return pair === null ? [] : [[Math.min(...pair), Math.max(...pair) - width] as const];
  });
  const compared = columns.map((column) => {
    const pair = pairs.find(([left, right]) => (other === 'right' ? left : right) === column && right >= 0);
    return pair === undefined ? -1 : other === 'right' ? pair[1] : pair[0];
  });
  return !compared.includes(-1) && comesFrom(join[other], compared, among, found);
}

/** Are the columns of one row of `plan` the columns `found` of one row of `origin`? */
function comesFrom(
  plan: LogicalPlan,
  columns: readonly number[],
  origin: LogicalPlan,
  found: readonly number[],
): boolean {
  if (plan === origin && columns.every((column, i) => column === found[i])) return true;
  switch (plan.kind) {
    case 'filter':
    case 'sort':
      return comesFrom(plan.input, columns, origin, found);
    case 'project': {
      const below = columns.map((column) => indexOf(plan.exprs[column]!));
      return !below.includes(-1) && comesFrom(plan.input, below, origin, found);
    }
    case 'join': {
      const width = build.widthOf(plan.left);
      const isLeft = columns.every((column) => column < width);
      if (isLeft && plan.type !== 'RIGHT' && plan.type !== 'FULL') return comesFrom(plan.left, columns, origin, found);
      const isRight = columns.every((column) => column >= width);
      if (!isRight || (plan.type !== 'INNER' && plan.type !== 'RIGHT')) return false;
      const below = columns.map((column) => column - width);
      return comesFrom(plan.right, below, origin, found);
    }
    default:
      return false;
  }
}

function indexOf(expr: Expr): number {
  return expr.kind === 'input-ref' ? expr.index : -1;
}

/** The same rows and columns: scans of one table, filtered and projected alike. */
function isSamePlan(a: LogicalPlan, b: LogicalPlan): boolean {
  if (a === b) return true;
  const same = (x: readonly Expr[], y: readonly Expr[]): boolean =>
    x.length === y.length && x.every((expr, i) => exprToJson(expr) === exprToJson(y[i]!));
  if (a.kind === 'scan' && b.kind === 'scan') {
    return (
      JSON.stringify([a.table.path, a.table.spec.options, a.projection]) ===
        JSON.stringify([b.table.path, b.table.spec.options, b.projection]) && same(a.filters, b.filters)
    );
  }
  if (a.kind === 'filter' && b.kind === 'filter')
    return same([a.predicate], [b.predicate]) && isSamePlan(a.input, b.input);
  if (a.kind === 'project' && b.kind === 'project') return same(a.exprs, b.exprs) && isSamePlan(a.input, b.input);
  return false;
}
