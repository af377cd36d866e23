/**
 * The same node over inputs whose columns have moved: expressions and key lists are renumbered, and the answer says
 * where the node's own columns went.
 */
import { unreachable } from '../../base/assert.ts';
import type { SortField } from '../../dataflow/traits.ts';
import { type AggregateCall, type Expr, mapExpr } from '../../expr/expr.ts';
import type { LogicalPlan, WindowCall } from '../logical.ts';
import * as build from '../logical-build.ts';

/** A plan in place of another: column i of the old one is column `map(i)`. */
export interface Rebuilt {
  readonly plan: LogicalPlan;
  /** Called only for columns that are still there. */
  readonly map: (column: number) => number;
}

/** What becomes of expressions; the default renumbers their columns and gives them the types of the new input. */
export type MapExpr = (expr: Expr, map: (column: number) => number, input: LogicalPlan) => Expr;

export const renumber: MapExpr = (expr, map, input) =>
  mapExpr(expr, (node) => {
    if (node.kind !== 'input-ref') return node;
    const index = map(node.index);
    const { type } = input.schema.fields[index]!;
    return index === node.index && type === node.type ? node : { kind: 'input-ref', index, type };
  });

export const identity = (column: number): number => column;

/** @param inputs of the node, rebuilt */
export function rebuild(node: LogicalPlan, inputs: readonly Rebuilt[], mapExprs: MapExpr = renumber): Rebuilt {
  const first = inputs[0];
  if (first === undefined) return { plan: node, map: identity };
  const { plan: input, map } = first;
  const over = (expr: Expr): Expr => mapExprs(expr, map, input);
  switch (node.kind) {
    case 'scan':
    case 'values':
      return { plan: node, map: identity };
    case 'project':
      return { plan: build.project(input, node.exprs.map(over), build.namesOf(node)), map: identity };
    case 'filter':
      return { plan: build.filter(input, over(node.predicate)), map };
    case 'join': {
      const right = inputs[1]!;
      const oldWidth = build.widthOf(node.left);
      const newWidth = build.widthOf(input);
      const joined = (column: number): number =>
        column < oldWidth ? map(column) : newWidth + right.map(column - oldWidth);
      const both = build.join('INNER', input, right.plan, build.TRUE);
      const condition = mapExprs(node.condition, joined, both);
      return { plan: build.join(node.type, input, right.plan, condition, node), map: joined };
    }
    case 'aggregate': {
      const calls = node.calls.map((call, i) => ({
        ...mapCall(call, map),
        name: call.name ?? node.schema.fields[node.keys.length + i]!.name,
      }));
      return { plan: build.aggregate(input, node.keys.map(map), calls, node.hints), map: identity };
    }
    case 'window': {
      const oldWidth = build.widthOf(node.input);
      const newWidth = build.widthOf(input);
      const calls = node.calls.map((call) => mapWindow(call, map));
      return {
        plan: build.windowNode(input, calls),
        map: (column) => (column < oldWidth ? map(column) : newWidth + column - oldWidth),
      };
    }
    case 'sort':
      return { plan: build.sort(input, mapOrder(node.order, map), node.offset, node.fetch), map };
    case 'set-operation': {
      const same = inputs.map((other, i) => inOrder(other, build.widthOf(node.inputs[i]!)));
      const made = build.setOperation(node.op, node.all, same);
      return { plan: { ...made, schema: { ...made.schema, fields: named(made, node) } }, map: identity };
    }
    case 'expand': {
      const projections = node.projections.map((list) => list.map(over));
      return { plan: build.expand(input, projections, build.namesOf(node)), map: identity };
    }
    case 'unnest': {
      const oldWidth = build.widthOf(node.input);
      const newWidth = build.widthOf(input);
      const made = build.unnest(input, over(node.collection), node);
      const fields = [...made.schema.fields.slice(0, newWidth), ...node.schema.fields.slice(oldWidth)];
      return {
        plan: { ...made, schema: { ...made.schema, fields } },
        map: (column) => (column < oldWidth ? map(column) : newWidth + column - oldWidth),
      };
    }
    case 'watermark':
      return { plan: build.watermark(input, map(node.rowtime), over(node.watermark)), map };
    case 'sink':
      return { plan: { ...node, input: inOrder(first, build.widthOf(node.input)) }, map: identity };
    default:
      return unreachable(node);
  }
}

/** Just the old columns, in the old order. */
export function inOrder({ plan, map }: Rebuilt, width: number): LogicalPlan {
  return build.projectColumns(
    plan,
    Array.from({ length: width }, (_, i) => map(i)),
  );
}

function named(made: LogicalPlan, like: LogicalPlan) {
  return made.schema.fields.map((field, i) => ({ ...field, name: like.schema.fields[i]!.name }));
}

function mapCall(call: AggregateCall, map: (column: number) => number): AggregateCall {
  return { ...call, args: call.args.map(map), filter: call.filter === null ? null : map(call.filter) };
}

function mapWindow(window: WindowCall, map: (column: number) => number): WindowCall {
  return {
    ...window,
    call: mapCall(window.call, map),
    partition: window.partition.map(map),
    order: mapOrder(window.order, map),
  };
}

function mapOrder(order: readonly SortField[], map: (column: number) => number): readonly SortField[] {
  return order.map((field) => ({ ...field, index: map(field.index) }));
}
