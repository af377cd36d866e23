/** Two projections in a row become one, two filters one; a projection that changes nothing goes. */
import { type Expr, substituteInputs, visitExpr } from '../../expr/expr.ts';
import type { EvaluationContext } from '../../expr/functions/define.ts';
import type { LogicalPlan, Project } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunction, conjunctsOf } from '../logical-predicate.ts';
import { rewriteAll } from '../logical-visit.ts';
import type { Rule } from './rule.ts';
import { sharedNodes } from './sharing.ts';
import { isDeterministic, simplify } from './simplify-expr.ts';

export const mergeProjects: Rule = {
  name: 'merge-projects',
  reason: 'after predicates have left the gaps between projections, so that shapes below are plain to the next rules',
  apply: (roots, { evaluation }) => {
    const shared = sharedNodes(roots);
    const roles = new Set(roots);
    const kept = new Set<LogicalPlan>();
    return rewriteAll(roots, (node) => {
      const merged = merge(node, kept, evaluation);
      // A root's names and a shared node's identity stay.
      if (shared.has(node)) kept.add(merged);
      return roles.has(node) && merged.kind !== node.kind && !sameNames(node, merged) ? node : merged;
    });
  },
};

function sameNames(a: LogicalPlan, b: LogicalPlan): boolean {
  return a.schema.fields.every((field, i) => field.name === b.schema.fields[i]!.name);
}

function merge(node: LogicalPlan, kept: ReadonlySet<LogicalPlan>, evaluation: EvaluationContext): LogicalPlan {
  if (node.kind === 'filter' && node.input.kind === 'filter' && !kept.has(node.input)) {
    const all = [...conjunctsOf(node.input.predicate), ...conjunctsOf(node.predicate)];
    return build.filter(node.input.input, conjunction(all));
  }
  if (node.kind !== 'project') return node;
  const { input } = node;
  if (input.kind === 'project' && !kept.has(input)) {
    const exprs = mergedExprs(node, input, evaluation);
    if (exprs !== null) return trivial(build.project(input.input, exprs, build.namesOf(node)));
  }
  return trivial(node);
}

/** null: something would be computed twice, or twice at random. */
function mergedExprs(outer: Project, inner: Project, evaluation: EvaluationContext): readonly Expr[] | null {
  const uses = new Map<number, number>();
  for (const expr of outer.exprs) {
    visitExpr(expr, (part) => {
      if (part.kind === 'input-ref') uses.set(part.index, (uses.get(part.index) ?? 0) + 1);
    });
  }
  for (const [column, count] of uses) {
    if (count > 1 && !isDeterministic(inner.exprs[column]!)) return null;
  }
  const merged = outer.exprs.map((expr) => {
    const substituted = substituteInputs(expr, inner.exprs);
    return expr.kind === 'input-ref' ? substituted : simplify(substituted, evaluation);
  });
  const before = callsOf(outer.exprs) + callsOf([...uses.keys()].map((column) => inner.exprs[column]!));
  return callsOf(merged) <= before ? merged : null;
}

function callsOf(exprs: readonly Expr[]): number {
  let calls = 0;
  for (const expr of exprs) {
    visitExpr(expr, (part) => {
      if (part.kind === 'call') calls++;
    });
  }
  return calls;
}

/** The input itself if the projection has its columns under their names. */
function trivial(node: Project): LogicalPlan {
  const { input, exprs } = node;
  if (exprs.length !== build.widthOf(input)) return node;
  const same = exprs.every((expr, i) => expr.kind === 'input-ref' && expr.index === i);
  return same && sameNames(node, input) ? input : node;
}
