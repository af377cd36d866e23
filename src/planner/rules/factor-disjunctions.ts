/**
 * Finds in a disjunction what holds whatever branch is true: (a AND b) OR (a AND c) is a AND (b OR c). And what
 * follows from it for one input alone: (n1 = 'x' AND n2 = 'y') OR (n1 = 'y' AND n2 = 'x') implies n1 IN ('x', 'y').
 * TPC-H Q19 gets its join key from the first, Q7 and Q19 their filters below the join from the second.
 */
import { type Expr, exprToJson, inputsOf } from '../../expr/expr.ts';
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunction, conjunctsOf, disjunction, disjunctsOf } from '../logical-predicate.ts';
import { rewriteAll } from '../logical-visit.ts';
import type { Rule } from './rule.ts';
import { isDeterministic } from './simplify-expr.ts';

export const factorDisjunctions: Rule = {
  name: 'factor-disjunctions',
  reason:
    'before predicates are pushed: a common factor may be a join key, an implied disjunction a filter of one input',
  apply: (roots) =>
    rewriteAll(roots, (node) => {
      if (node.kind === 'filter') {
        const predicate = factored(node.predicate, sourcesOf(node.input));
        return predicate === node.predicate ? node : build.filter(node.input, predicate);
      }
      if (node.kind !== 'join' || node.type !== 'INNER') return node;
      const condition = factored(node.condition, sourcesOf(node));
      return condition === node.condition ? node : { ...node, condition };
    }),
};

/** For each column the number of the input of a tree of inner joins that it comes from. */
function sourcesOf(plan: LogicalPlan): readonly number[] {
  const sources: number[] = [];
  let next = 0;
  const visit = (node: LogicalPlan): void => {
    if (node.kind === 'filter') visit(node.input);
    else if (node.kind === 'join') {
      visit(node.left);
      if (node.type !== 'SEMI' && node.type !== 'ANTI') visit(node.right);
    } else {
      for (let i = 0; i < build.widthOf(node); i++) sources.push(next);
      next++;
    }
  };
  visit(plan);
  return sources;
}

function factored(predicate: Expr, sources: readonly number[]): Expr {
  const conjuncts = conjunctsOf(predicate);
  const known = new Set(conjuncts.map(exprToJson));
  const result: Expr[] = [];
  let changed = false;
  for (const conjunct of conjuncts) {
    const branches = disjunctsOf(conjunct).map(conjunctsOf);
    if (branches.length < 2 || !isDeterministic(conjunct)) {
      result.push(conjunct);
      continue;
    }
    const { common, rest } = commonFactors(branches);
    if (common.length > 0) changed = true;
    const own =
      common.length > 0 ? [...common, ...(rest === null ? [] : [disjunction(rest.map(conjunction))])] : [conjunct];
    const implied = impliedBySource(rest ?? [], sources).filter((expr) => !known.has(exprToJson(expr)));
    if (implied.length > 0) changed = true;
    result.push(...own, ...implied);
  }
  return changed ? conjunction(result) : predicate;
}

/** `rest` is null where a branch is nothing but the common factors. */
function commonFactors(branches: readonly (readonly Expr[])[]): {
  readonly common: readonly Expr[];
  readonly rest: readonly (readonly Expr[])[] | null;
} {
  const digests = branches.map((branch) => new Set(branch.map(exprToJson)));
  const common = branches[0]!.filter((factor) => digests.every((digest) => digest.has(exprToJson(factor))));
  const taken = new Set(common.map(exprToJson));
  const rest = branches.map((branch) => branch.filter((factor) => !taken.has(exprToJson(factor))));
  return { common, rest: rest.some((branch) => branch.length === 0) ? null : rest };
}

/** For every input that each branch restricts: the disjunction of these restrictions. */
function impliedBySource(branches: readonly (readonly Expr[])[], sources: readonly number[]): readonly Expr[] {
  if (branches.length === 0 || new Set(sources).size < 2) return [];
  const sourceOf = (expr: Expr): number | null => {
    const found = new Set(inputsOf(expr).map((column) => sources[column]!));
    return found.size === 1 ? [...found][0]! : null;
  };
  const implied: Expr[] = [];
  for (const source of new Set(sources)) {
    const own = branches.map((branch) => branch.filter((factor) => sourceOf(factor) === source));
    if (own.some((factors) => factors.length === 0)) continue;
    const whole = branches.every((branch, i) => branch.length === own[i]!.length);
    if (!whole) implied.push(disjunction(own.map(conjunction)));
  }
  return implied;
}
