/**
 * Walking logical plans. A plan is a DAG: a node that is reached twice is one node, whose result is computed once, and
 * rewriting keeps that (each node is rewritten once).
 */
import { unreachable } from '../base/assert.ts';
import type { Expr } from '../expr/expr.ts';
import type { LogicalPlan } from './logical.ts';
import * as build from './logical-build.ts';

export function inputsOf(plan: LogicalPlan): readonly LogicalPlan[] {
  switch (plan.kind) {
    case 'scan':
    case 'values':
      return [];
    case 'join':
      return [plan.left, plan.right];
    case 'set-operation':
      return plan.inputs;
    default:
      return [plan.input];
  }
}

/**
 * The node over other inputs, with its schema made anew. New inputs have the same number of fields of the same kinds as
 * the old ones; nullability may differ.
 */
export function withInputs(plan: LogicalPlan, inputs: readonly LogicalPlan[]): LogicalPlan {
  const old = inputsOf(plan);
  if (old.length === inputs.length && old.every((input, i) => input === inputs[i])) return plan;
  const input = inputs[0]!;
  switch (plan.kind) {
    case 'scan':
    case 'values':
      return plan;
    case 'project':
      return build.project(input, plan.exprs, build.namesOf(plan));
    case 'filter':
      return build.filter(input, plan.predicate);
    case 'join':
      return build.join(plan.type, input, inputs[1]!, plan.condition, plan);
    case 'aggregate':
      return build.aggregate(input, plan.keys, plan.calls, plan.hints);
    case 'window':
      return build.windowNode(input, plan.calls);
    case 'sort':
      return { ...plan, input, schema: input.schema };
    case 'set-operation': {
      const made = build.setOperation(plan.op, plan.all, inputs);
      const names = build.namesOf(plan);
      return {
        ...made,
        schema: { ...made.schema, fields: made.schema.fields.map((f, i) => ({ ...f, name: names[i]! })) },
      };
    }
    case 'expand':
      return build.expand(input, plan.projections, build.namesOf(plan));
    case 'unnest': {
      const made = build.unnest(input, plan.collection, plan);
      const shift = build.widthOf(plan) - build.widthOf(plan.input);
      const own = plan.schema.fields.slice(-shift);
      const fields = [...made.schema.fields.slice(0, build.widthOf(input)), ...own];
      return { ...made, schema: { ...made.schema, fields } };
    }
    case 'watermark':
      return build.watermark(input, plan.rowtime, plan.watermark);
    case 'sink':
      return { ...plan, input };
    default:
      return unreachable(plan);
  }
}

/** Rewrites from the leaves up; `rewrite` gets each node, once, with its inputs already rewritten. */
export function rewriteUp(plan: LogicalPlan, rewrite: (node: LogicalPlan) => LogicalPlan): LogicalPlan {
  return rewriteAll([plan], rewrite)[0]!;
}

/** As `rewriteUp`, for several plans that may share nodes. */
export function rewriteAll(
  plans: readonly LogicalPlan[],
  rewrite: (node: LogicalPlan) => LogicalPlan,
): readonly LogicalPlan[] {
  const done = new Map<LogicalPlan, LogicalPlan>();
  const visit = (node: LogicalPlan): LogicalPlan => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const result = rewrite(withInputs(node, inputsOf(node).map(visit)));
    done.set(node, result);
    return result;
  };
  return plans.map(visit);
}

/** Each node once, inputs before the nodes that read them. */
export function nodesOf(roots: readonly LogicalPlan[]): readonly LogicalPlan[] {
  const seen = new Set<LogicalPlan>();
  const visit = (node: LogicalPlan): void => {
    if (seen.has(node)) return;
    for (const input of inputsOf(node)) visit(input);
    seen.add(node);
  };
  for (const root of roots) visit(root);
  return [...seen];
}

/** The expressions of one node, over the fields of its input or inputs. */
export function exprsOf(plan: LogicalPlan): readonly Expr[] {
  switch (plan.kind) {
    case 'scan':
      return plan.filters;
    case 'project':
      return plan.exprs;
    case 'filter':
      return [plan.predicate];
    case 'join':
      return [plan.condition];
    case 'expand':
      return plan.projections.flat();
    case 'unnest':
      return [plan.collection];
    case 'watermark':
      return [plan.watermark];
    default:
      return [];
  }
}

/** The node with every expression replaced; types must stay but for nullability. */
export function mapExprs(plan: LogicalPlan, map: (expr: Expr) => Expr): LogicalPlan {
  switch (plan.kind) {
    case 'project': {
      const exprs = plan.exprs.map(map);
      if (exprs.every((expr, i) => expr === plan.exprs[i])) return plan;
      return build.project(plan.input, exprs, build.namesOf(plan));
    }
    case 'filter': {
      const predicate = map(plan.predicate);
      return predicate === plan.predicate ? plan : build.filter(plan.input, predicate);
    }
    case 'join': {
      const condition = map(plan.condition);
      return condition === plan.condition ? plan : { ...plan, condition };
    }
    case 'expand': {
      const projections = plan.projections.map((list) => list.map(map));
      const same = projections.every((list, i) => list.every((expr, j) => expr === plan.projections[i]![j]));
      return same ? plan : build.expand(plan.input, projections, build.namesOf(plan));
    }
    case 'unnest': {
      const collection = map(plan.collection);
      return collection === plan.collection ? plan : { ...plan, collection };
    }
    case 'watermark': {
      const watermark = map(plan.watermark);
      return watermark === plan.watermark ? plan : { ...plan, watermark };
    }
    default:
      return plan;
  }
}

/** How many nodes (and roots) read each node. */
export function readersOf(roots: readonly LogicalPlan[]): ReadonlyMap<LogicalPlan, number> {
  const readers = new Map<LogicalPlan, number>();
  const add = (node: LogicalPlan): void => {
    readers.set(node, (readers.get(node) ?? 0) + 1);
  };
  for (const root of roots) add(root);
  for (const node of nodesOf(roots)) for (const input of inputsOf(node)) add(input);
  return readers;
}
