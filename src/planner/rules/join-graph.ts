/**
 * A tree of inner joins taken apart: its relations, and the predicates between them over all their columns side by
 * side.
 */
import { type Expr, inputsOf, remapInputs } from '../../expr/expr.ts';
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunctsOf } from '../logical-predicate.ts';

export interface JoinGraph {
  /** In the order written. */
  readonly relations: readonly LogicalPlan[];
  /** First column of each relation among the columns of all. */
  readonly starts: readonly number[];
  readonly predicates: readonly Expr[];
  /** For each column of all the relation that it belongs to. */
  readonly relationOf: readonly number[];
}

/** @param isLeaf nodes that are not looked into */
export function joinGraph(root: LogicalPlan, isLeaf: (node: LogicalPlan) => boolean): JoinGraph {
  const relations: LogicalPlan[] = [];
  const predicates: Expr[] = [];
  const collect = (node: LogicalPlan, start: number, isRoot: boolean): void => {
    const shift = (expr: Expr): Expr => (start === 0 ? expr : remapInputs(expr, (column) => column + start));
    if (node.kind === 'join' && node.type === 'INNER' && node.hints.length === 0 && (isRoot || !isLeaf(node))) {
      collect(node.left, start, false);
      collect(node.right, start + build.widthOf(node.left), false);
      predicates.push(...conjunctsOf(node.condition).map(shift));
    } else if (node.kind === 'filter' && node.input.kind === 'join' && !isLeaf(node) && !isLeaf(node.input)) {
      if (node.input.type === 'INNER' && node.input.hints.length === 0) {
        collect(node.input, start, false);
        predicates.push(...conjunctsOf(node.predicate).map(shift));
      } else relations.push(node);
    } else relations.push(node);
  };
  collect(root, 0, true);
  const starts: number[] = [];
  const relationOf: number[] = [];
  for (const [i, relation] of relations.entries()) {
    starts.push(relationOf.length);
    for (let column = 0; column < build.widthOf(relation); column++) relationOf.push(i);
  }
  return { relations, starts, predicates, relationOf };
}

/** The relations that an expression reads, as bits. */
export function relationsOf(expr: Expr, graph: JoinGraph): number {
  let bits = 0;
  for (const column of inputsOf(expr)) bits |= 1 << graph.relationOf[column]!;
  return bits;
}
