/**
 * The general way to free a subquery from outer references, after Neumann and Kemper, "Unnesting Arbitrary Queries"
 * (2015): the dependent join of D, the distinct outer values, with the subquery is pushed down through the subquery
 * until nothing below refers to them. What comes out has the columns of D first and gives, for each of D's rows, what
 * the subquery would have given; an ordinary join with the outer plan on D's columns does the rest.
 */
import { notSupported } from '../../base/errors.ts';
import { call, type Expr, inputRef, literal, mapExpr } from '../../expr/expr.ts';
import { resolveCall } from '../../expr/resolve.ts';
import { BIGINT } from '../../types/data-type.ts';
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunction } from '../logical-predicate.ts';
import { outerColumnsOf, planRefersTo } from './outer-plan.ts';
import { asOuter } from './scope.ts';

/** What is pushed down: its columns, by the outer column that each stands for. */
interface Domain {
  readonly plan: LogicalPlan;
  readonly id: number;
  readonly position: ReadonlyMap<number, number>;
}

export interface Dependent {
  /** Columns of the domain, then those of the subquery. */
  readonly plan: LogicalPlan;
  /** Width of the domain. */
  readonly width: number;
  /** Outer columns in the order of the domain's. */
  readonly outer: readonly number[];
}

/** Frees `plan` from references to scope `id`, whose plan is `outer`. */
export function pushDependentJoin(plan: LogicalPlan, id: number, outer: LogicalPlan): Dependent {
  const columns = [...outerColumnsOf(plan, id).keys()];
  const projected = build.projectColumns(outer, columns);
  const keys = columns.map((_, i) => i);
  const distinct = build.aggregate(projected, keys, []);
  const domain = { plan: distinct, id, position: new Map(columns.map((column, i) => [column, i])) };
  return { plan: push(plan, domain), width: columns.length, outer: columns };
}

/**
 * LATERAL where the subquery only filters, projects, unnests and joins: the outer plan itself is pushed down, and its
 * rows come out joined, without a distinct and a join back. null where the subquery does more.
 */
export function pushOuter(plan: LogicalPlan, id: number, outer: LogicalPlan): LogicalPlan | null {
  if (!isRowWise(plan, id)) return null;
  const position = new Map(outer.schema.fields.map((_, i) => [i, i]));
  return push(plan, { plan: outer, id, position });
}

function isRowWise(plan: LogicalPlan, id: number): boolean {
  if (!planRefersTo(plan, id)) return true;
  switch (plan.kind) {
    case 'filter':
    case 'project':
    case 'unnest':
      return isRowWise(plan.input, id);
    case 'join': {
      if (plan.type !== 'INNER') return false;
      const both = planRefersTo(plan.left, id) && planRefersTo(plan.right, id);
      return !both && isRowWise(plan.left, id) && isRowWise(plan.right, id);
    }
    case 'sort':
      return plan.fetch === null && plan.offset === 0 && isRowWise(plan.input, id);
    default:
      return false;
  }
}

function push(plan: LogicalPlan, domain: Domain): LogicalPlan {
  const width = build.widthOf(domain.plan);
  if (!planRefersTo(plan, domain.id)) return build.join('INNER', domain.plan, plan, build.TRUE);
  switch (plan.kind) {
    case 'filter': {
      const input = push(plan.input, domain);
      return build.filter(input, moved(plan.predicate, domain, input));
    }
    case 'project': {
      const input = push(plan.input, domain);
      const exprs = plan.exprs.map((expr) => moved(expr, domain, input));
      const names = [...build.namesOf(domain.plan), ...build.namesOf(plan)];
      return build.project(input, [...build.columnsOf(input, 0, width), ...exprs], names);
    }
    case 'join':
      return pushIntoJoin(plan, domain);
    case 'aggregate':
      return pushIntoAggregate(plan, domain);
    case 'window': {
      const input = push(plan.input, domain);
      const calls = plan.calls.map((window) => ({
        ...window,
        call: movedCall(window.call, width),
        partition: [...range(width), ...window.partition.map((column) => column + width)],
        order: window.order.map((field) => ({ ...field, index: field.index + width })),
      }));
      return build.windowNode(input, calls);
    }
    case 'sort':
      return pushIntoSort(plan, domain);
    case 'set-operation': {
      const pushed = plan.inputs.map((input) => push(input, domain));
      return build.setOperation(plan.op, plan.all, pushed);
    }
    case 'expand': {
      const input = push(plan.input, domain);
      const projections = plan.projections.map((list) => [
        ...build.columnsOf(input, 0, width),
        ...list.map((expr) => moved(expr, domain, input)),
      ]);
      return build.expand(input, projections, [...build.namesOf(domain.plan), ...build.namesOf(plan)]);
    }
    case 'unnest': {
      const input = push(plan.input, domain);
      return build.unnest(input, moved(plan.collection, domain, input), plan);
    }
    default:
      throw notSupported(`a correlated subquery over a ${plan.kind}`);
  }
}

/** Columns move behind the domain; outer references become columns of the domain. */
function moved(expr: Expr, domain: Domain, input: LogicalPlan): Expr {
  const width = build.widthOf(domain.plan);
  return mapExpr(expr, (node) => {
    if (node.kind === 'input-ref') return inputRef(node.index + width, node.type);
    const outer = asOuter(node);
    return outer?.scope === domain.id ? build.columnOf(input, domain.position.get(outer.index)!) : node;
  });
}

function movedCall<T extends { readonly args: readonly number[]; readonly filter: number | null }>(
  aggregateCall: T,
  by: number,
): T {
  const { args, filter } = aggregateCall;
  return { ...aggregateCall, args: args.map((arg) => arg + by), filter: filter === null ? null : filter + by };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function pushIntoJoin(plan: LogicalPlan & { readonly kind: 'join' }, domain: Domain): LogicalPlan {
  const width = build.widthOf(domain.plan);
  const leftRefers = planRefersTo(plan.left, domain.id);
  const rightRefers = planRefersTo(plan.right, domain.id);
  const leftWidth = build.widthOf(plan.left);
  const oneSide = plan.type === 'INNER' && !(leftRefers && rightRefers);
  const keepsLeft = plan.type === 'LEFT' || plan.type === 'SEMI' || plan.type === 'ANTI';
  if ((oneSide && !rightRefers) || (keepsLeft && !rightRefers)) {
    const left = push(plan.left, domain);
    const probe = build.join('INNER', left, plan.right, build.TRUE);
    return build.join(plan.type, left, plan.right, moved(plan.condition, domain, probe), plan);
  }
  if (oneSide) {
    const right = push(plan.right, domain);
    const joined = build.join('INNER', plan.left, right, build.TRUE);
    const condition = mapExpr(plan.condition, (node) => {
      if (node.kind === 'input-ref') return node.index < leftWidth ? node : { ...node, index: node.index + width };
      const outer = asOuter(node);
      if (outer?.scope !== domain.id) return node;
      return build.columnOf(joined, leftWidth + domain.position.get(outer.index)!);
    });
    const inner = build.join('INNER', plan.left, right, condition, plan);
    const order = [...range(width).map((i) => leftWidth + i), ...range(leftWidth)];
    const rest = range(build.widthOf(plan.right)).map((i) => leftWidth + width + i);
    return build.projectColumns(inner, [...order, ...rest]);
  }
  // Both sides are made for every row of the domain and meet on it.
  const left = push(plan.left, domain);
  const right = push(plan.right, domain);
  const rightStart = width + leftWidth;
  const both = build.join('INNER', left, right, build.TRUE);
  const condition = mapExpr(plan.condition, (node) => {
    if (node.kind === 'input-ref') {
      return { ...node, index: node.index < leftWidth ? node.index + width : node.index + 2 * width };
    }
    const outer = asOuter(node);
    return outer?.scope === domain.id ? build.columnOf(both, domain.position.get(outer.index)!) : node;
  });
  const sameDomain = range(width).map((i) => sameValue(build.columnOf(both, i), build.columnOf(both, rightStart + i)));
  const joined = build.join(plan.type, left, right, conjunction([...sameDomain, condition]), plan);
  if (plan.type === 'SEMI' || plan.type === 'ANTI') return joined;
  const own = [
    ...range(leftWidth).map((i) => width + i),
    ...range(build.widthOf(plan.right)).map((i) => rightStart + width + i),
  ];
  const domainColumns = range(width).map((i) => {
    const fromLeft = build.columnOf(joined, i);
    const fromRight = build.columnOf(joined, rightStart + i);
    if (plan.type === 'RIGHT') return fromRight;
    return plan.type === 'FULL' ? resolveCall('COALESCE', [fromLeft, fromRight]) : fromLeft;
  });
  const names = [...build.namesOf(domain.plan), ...own.map((column) => joined.schema.fields[column]!.name)];
  return build.project(joined, [...domainColumns, ...own.map((column) => build.columnOf(joined, column))], names);
}

function pushIntoAggregate(plan: LogicalPlan & { readonly kind: 'aggregate' }, domain: Domain): LogicalPlan {
  const width = build.widthOf(domain.plan);
  const input = push(plan.input, domain);
  const names = plan.schema.fields.slice(plan.keys.length).map((field) => field.name);
  const calls = plan.calls.map((aggregateCall, i) => ({ ...movedCall(aggregateCall, width), name: names[i]! }));
  const keys = [...range(width), ...plan.keys.map((key) => key + width)];
  const grouped = build.aggregate(input, keys, calls, plan.hints);
  if (plan.keys.length > 0) return grouped;
  // Without keys there is a row for every row of the domain, also where the input has none.
  const joined = build.join(
    'LEFT',
    domain.plan,
    grouped,
    conjunction(
      range(width).map((i) =>
        sameValue(build.columnOf(domain.plan, i), inputRef(width + i, grouped.schema.fields[i]!.type)),
      ),
    ),
  );
  const results = plan.calls.map((aggregateCall, i) => {
    const column = build.columnOf(joined, 2 * width + i);
    return aggregateCall.fn === 'COUNT' ? resolveCall('COALESCE', [column, literal(0n, BIGINT)]) : column;
  });
  return build.project(
    joined,
    [...build.columnsOf(joined, 0, width), ...results],
    [...build.namesOf(domain.plan), ...names],
  );
}

/** LIMIT is per row of the domain: rows are numbered within it. */
function pushIntoSort(plan: LogicalPlan & { readonly kind: 'sort' }, domain: Domain): LogicalPlan {
  const width = build.widthOf(domain.plan);
  const input = push(plan.input, domain);
  if (plan.fetch === null && plan.offset === 0) return input;
  const all = build.widthOf(input);
  const numbered = build.windowNode(input, [
    {
      call: { fn: 'ROW_NUMBER', args: [], distinct: false, filter: null, type: BIGINT, name: '$row' },
      partition: range(width),
      order: plan.order.map((field) => ({ ...field, index: field.index + width })),
      frame: null,
    },
  ]);
  const number = build.columnOf(numbered, all);
  const bounds: Expr[] = [];
  if (plan.offset > 0) bounds.push(resolveCall('>', [number, literal(BigInt(plan.offset), BIGINT)]));
  if (plan.fetch !== null) bounds.push(resolveCall('<=', [number, literal(BigInt(plan.offset + plan.fetch), BIGINT)]));
  return build.projectColumns(build.filter(numbered, conjunction(bounds)), range(all));
}

/** Equality that holds for two NULLs as well. */
export function sameValue(a: Expr, b: Expr): Expr {
  if (!a.type.nullable && !b.type.nullable) return resolveCall('=', [a, b]);
  return call('IS NOT DISTINCT FROM', [a, b], { kind: 'BOOLEAN', nullable: false });
}
