/**
 * Takes watermarks away that nobody waits for. In BATCH all are: time is over before anything is computed. In a stream
 * it is done where a filter stands above them, which may then go down to the source (below a watermark it may not: a
 * row that is filtered out still tells the time), if no order, join or OVER above uses the column as a time attribute.
 */
import { inputsOf as columnsRead, type Expr, visitExpr } from '../../expr/expr.ts';
import { isTimestamp } from '../../types/data-type.ts';
import type { Join, LogicalPlan, WatermarkNode } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunctsOf } from '../logical-predicate.ts';
import { inputsOf, nodesOf } from '../logical-visit.ts';
import { identity, inOrder, type Rebuilt, rebuild } from './rebuild.ts';
import type { Rule } from './rule.ts';

export const dropWatermarks: Rule = {
  name: 'drop-watermarks',
  reason: 'between two rounds of pushing predicates: the first brings filters to the watermarks, the second past them',
  apply: (roots, { profile }) => {
    const unused =
      profile.watermarks === 'max-at-end' ? allWatermarks(roots) : watermarksInTheWay(roots, timeAttributesUsed(roots));
    return unused.size === 0 ? roots : without(roots, unused);
  },
};

function allWatermarks(roots: readonly LogicalPlan[]): ReadonlySet<LogicalPlan> {
  return new Set(nodesOf(roots).filter((node) => node.kind === 'watermark'));
}

function watermarksInTheWay(roots: readonly LogicalPlan[], used: Uses): ReadonlySet<LogicalPlan> {
  const filtered = nodesOf(roots).flatMap((node) =>
    node.kind === 'filter' && node.input.kind === 'watermark' ? [node.input] : [],
  );
  return new Set(filtered.filter((node: WatermarkNode) => used.get(node)?.has(node.rowtime) !== true));
}

type Uses = ReadonlyMap<LogicalPlan, ReadonlySet<number>>;

/** Columns of each node that something above takes as time. */
function timeAttributesUsed(roots: readonly LogicalPlan[]): Uses {
  const uses = new Map<LogicalPlan, Set<number>>();
  const use = (node: LogicalPlan, columns: Iterable<number>): void => {
    const set = uses.get(node) ?? new Set();
    for (const column of columns) set.add(column);
    uses.set(node, set);
  };
  for (const node of [...nodesOf(roots)].reverse()) {
    const above = uses.get(node) ?? new Set<number>();
    inputsOf(node).forEach((input, i) => {
      use(input, usedOf(node, i, above));
    });
  }
  return uses;
}

function usedOf(node: LogicalPlan, i: number, above: ReadonlySet<number>): Iterable<number> {
  switch (node.kind) {
    case 'filter':
      return [...above, ...askedForWatermark(node.predicate)];
    case 'project':
      return node.exprs.flatMap((expr, column) => {
        if (expr.kind === 'input-ref') return above.has(column) ? [expr.index] : [];
        return askedForWatermark(expr);
      });
    case 'sort':
      return [...above, ...node.order.map((field) => field.index)];
    case 'window':
      return [...above, ...node.calls.flatMap((call) => call.order.map((field) => field.index))];
    case 'join': {
      const width = build.widthOf(node.left);
      const all = [...above, ...intervalColumns(node)];
      if (i === 0) return all.filter((column) => column < width);
      return all.filter((column) => column >= width).map((column) => column - width);
    }
    case 'expand':
      return node.projections.flatMap((list) =>
        list.flatMap((expr, column) => (expr.kind === 'input-ref' && above.has(column) ? [expr.index] : [])),
      );
    case 'sink':
      // ON CONFLICT waits for watermarks.
      return node.onConflict === null ? [] : node.input.schema.fields.keys();
    case 'aggregate':
      return [];
    default:
      return above;
  }
}

/**
 * Columns of an interval join, which waits for watermarks: two bounds or an equality between time attributes of both
 * sides. A single bound leaves it an ordinary join.
 */
function intervalColumns(join: Join): readonly number[] {
  const width = build.widthOf(join.left);
  const bounds = conjunctsOf(join.condition).filter((conjunct) => {
    const times = timeColumns(conjunct);
    return times.some((column) => column < width) && times.some((column) => column >= width);
  });
  const isInterval = bounds.length >= 2 || bounds.some((bound) => bound.kind === 'call' && bound.fn === '=');
  return isInterval ? bounds.flatMap(timeColumns) : [];
}

function timeColumns(expr: Expr): readonly number[] {
  const columns: number[] = [];
  visitExpr(expr, (node) => {
    const isTime = node.kind === 'input-ref' && isTimestamp(node.type) && node.type.time === 'rowtime';
    if (isTime) columns.push(node.index);
  });
  return columns;
}

function askedForWatermark(expr: Expr): readonly number[] {
  const columns: number[] = [];
  visitExpr(expr, (node) => {
    if (node.kind === 'call' && node.fn === 'CURRENT_WATERMARK') columns.push(...columnsRead(node));
  });
  return columns;
}

/** The plans without these nodes; the time attributes become plain timestamps all the way up. */
function without(roots: readonly LogicalPlan[], unused: ReadonlySet<LogicalPlan>): readonly LogicalPlan[] {
  const done = new Map<LogicalPlan, Rebuilt>();
  const visit = (node: LogicalPlan): Rebuilt => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const inputs = inputsOf(node).map(visit);
    const same = inputs.every((input, i) => input.plan === inputsOf(node)[i]);
    const made = unused.has(node) ? inputs[0]! : same ? { plan: node, map: identity } : rebuild(node, inputs);
    done.set(node, made);
    return made;
  };
  return roots.map((root) => inOrder(visit(root), build.widthOf(root)));
}
