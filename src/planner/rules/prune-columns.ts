/**
 * Keeps only the columns that somebody reads, from the results down to the projection of the scans. First pass, from
 * the roots: what is read of each node, by all its readers. Second pass, from the leaves: the nodes with just these
 * columns. Before joins, groupings and sorts a projection drops what only the node below needed.
 */
import { unreachable } from '../../base/assert.ts';
import { inputsOf as columnsRead, type Expr } from '../../expr/expr.ts';
import type { LogicalPlan, Scan, WindowNode } from '../logical.ts';
import * as build from '../logical-build.ts';
import { exprsOf, inputsOf, nodesOf } from '../logical-visit.ts';
import { typeWidth } from '../stats/column-estimate.ts';
import { identity, inOrder, type Rebuilt, rebuild } from './rebuild.ts';
import type { Rule } from './rule.ts';
import { limitsUpserts } from './sort-past-projects.ts';

type Needs = Map<LogicalPlan, Set<number>>;

export const pruneColumns: Rule = {
  name: 'prune-columns',
  reason: 'late: after filters and join order are settled, each node carries what is read above it',
  apply: (roots, { profile }) => {
    const isStream = profile.keyedInput === 'arrival-order';
    const needs = columnsNeeded(roots, isStream);
    const done = new Map<LogicalPlan, Rebuilt>();
    const visit = (node: LogicalPlan): Rebuilt => {
      const known = done.get(node);
      if (known !== undefined) return known;
      const made = prune(node, inputsOf(node).map(visit), needs, isStream);
      done.set(node, made);
      return made;
    };
    return roots.map((root) => inOrder(visit(root), build.widthOf(root)));
  },
};

/** What is read of every node. */
function columnsNeeded(roots: readonly LogicalPlan[], isStream: boolean): Needs {
  const needs: Needs = new Map();
  const add = (node: LogicalPlan, columns: Iterable<number>): void => {
    const set = needs.get(node) ?? new Set();
    for (const column of columns) set.add(column);
    needs.set(node, set);
  };
  for (const root of roots) add(root, root.schema.fields.keys());
  for (const node of [...nodesOf(roots)].reverse()) {
    const own = needs.get(node)!;
    if (own.size === 0 && build.widthOf(node) > 0) own.add(cheapest(node));
    inputsOf(node).forEach((input, i) => {
      add(input, readOf(node, i, own, isStream));
    });
  }
  return needs;
}

/** A row must have some column: of those that the node itself reads, or else of all, the one that costs least. */
function cheapest(node: LogicalPlan): number {
  const fields = node.schema.fields;
  const own = node.kind === 'filter' || node.kind === 'join' ? exprsOf(node).flatMap((expr) => columnsRead(expr)) : [];
  const [first, ...others] = own.some((column) => column < fields.length)
    ? own.filter((column) => column < fields.length)
    : fields.keys();
  let best = first ?? 0;
  const width = (column: number): number => {
    const expr = node.kind === 'project' ? node.exprs[column]! : null;
    return expr?.kind === 'literal' ? 0 : typeWidth(fields[column]!.type) + (expr?.kind === 'call' ? 8 : 0);
  };
  for (const column of others) if (width(column) < width(best)) best = column;
  return best;
}

/** Columns of input `i` that the node reads to give its columns `needed`. */
function readOf(node: LogicalPlan, i: number, needed: ReadonlySet<number>, isStream: boolean): Iterable<number> {
  const among = (exprs: readonly Expr[]): number[] => exprs.flatMap((expr) => [...columnsRead(expr)]);
  switch (node.kind) {
    case 'scan':
    case 'values':
      return [];
    case 'project':
      return among([...needed].map((column) => node.exprs[column]!));
    case 'filter':
      return [...needed, ...columnsRead(node.predicate)];
    case 'join': {
      const width = build.widthOf(node.left);
      const all = [...needed, ...columnsRead(node.condition)];
      return i === 0
        ? all.filter((column) => column < width)
        : all.filter((column) => column >= width).map((column) => column - width);
    }
    case 'aggregate': {
      const calls = node.calls.filter((_, call) => needed.has(node.keys.length + call));
      return [
        ...node.keys,
        ...calls.flatMap((call) => (call.filter === null ? call.args : [...call.args, call.filter])),
      ];
    }
    case 'window': {
      const width = build.widthOf(node.input);
      const calls = node.calls.filter((_, call) => needed.has(width + call));
      const read = calls.flatMap(({ call, partition, order }) => [
        ...call.args,
        ...(call.filter === null ? [] : [call.filter]),
        ...partition,
        ...order.map((field) => field.index),
      ]);
      const key = isStream ? keyToRankBy(node) : [];
      return [...[...needed].filter((column) => column < width), ...read, ...key];
    }
    case 'sort':
      if (limitsUpserts(node)) return node.schema.fields.keys();
      return [...needed, ...node.order.map((field) => field.index)];
    case 'set-operation':
      return node.op === 'UNION' && node.all ? needed : node.schema.fields.keys();
    case 'expand':
      return among(node.projections.flatMap((list) => [...needed].map((column) => list[column]!)));
    case 'unnest': {
      const width = build.widthOf(node.input);
      return [...[...needed].filter((column) => column < width), ...columnsRead(node.collection)];
    }
    case 'watermark':
      return [...needed, node.rowtime, ...columnsRead(node.watermark)];
    case 'sink':
      return node.input.schema.fields.keys();
    default:
      return unreachable(node);
  }
}

/**
 * The key by which a top-N in STREAMING knows the rows of its input again when they change: with it, it need not keep
 * all rows.
 */
function keyToRankBy(node: WindowNode): readonly number[] {
  return node.calls.every(({ call }) => RANKS.has(call.fn)) ? (keyOfUpdates(node.input) ?? []) : [];
}

const RANKS: ReadonlySet<string> = new Set(['ROW_NUMBER', 'RANK', 'DENSE_RANK']);

/** Columns by which rows are updated; null: there are none, or rows are not updated. */
function keyOfUpdates(plan: LogicalPlan): readonly number[] | null {
  switch (plan.kind) {
    case 'scan':
      return plan.table.changelogMode.size > 1 ? plan.schema.primaryKey : null;
    case 'filter':
    case 'watermark':
      return keyOfUpdates(plan.input);
    case 'aggregate':
      return plan.keys.length > 0 ? [...plan.keys.keys()] : null;
    case 'project': {
      const key = keyOfUpdates(plan.input);
      const places = key?.map((column) =>
        plan.exprs.findIndex((expr) => expr.kind === 'input-ref' && expr.index === column),
      );
      return places === undefined || places.includes(-1) ? null : places;
    }
    case 'window': {
      const [only, ...others] = plan.calls;
      if (only?.call.fn !== 'ROW_NUMBER' || others.length > 0) return null;
      return keyOfUpdates(plan.input) ?? [...only.partition, build.widthOf(plan.input)];
    }
    default:
      return null;
  }
}

function prune(node: LogicalPlan, inputs: readonly Rebuilt[], needs: Needs, isStream: boolean): Rebuilt {
  const needed = [...needs.get(node)!].sort((a, b) => a - b);
  const narrow = NARROWED.has(node.kind)
    ? inputs.map((input, i) => narrowed(input, readOf(node, i, needs.get(node)!, isStream)))
    : inputs;
  const isWhole = needed.length === build.widthOf(node);
  if (isWhole && narrow.every((input, i) => input.plan === inputsOf(node)[i])) return { plan: node, map: identity };
  switch (node.kind) {
    case 'scan':
      return pruneScan(node, needed);
    case 'values': {
      const fields = needed.map((column) => node.schema.fields[column]!);
      const rows = node.rows.map((row) => needed.map((column) => row[column]!));
      return { plan: build.values(fields, rows), map: position(needed) };
    }
    case 'project': {
      const exprs = needed.map((column) => node.exprs[column]!);
      const fewer = build.project(node.input, exprs, namesAt(node, needed));
      return { plan: rebuild(fewer, narrow).plan, map: position(needed) };
    }
    case 'aggregate': {
      const keys = node.keys.length;
      const kept = node.calls.map((_, i) => keys + i).filter((column) => needed.includes(column));
      const calls = kept.map((column) => ({ ...node.calls[column - keys]!, name: node.schema.fields[column]!.name }));
      const fewer = build.aggregate(node.input, node.keys, calls, node.hints);
      const columns = [...node.keys.keys(), ...kept];
      return { plan: rebuild(fewer, narrow).plan, map: position(columns) };
    }
    case 'window': {
      const width = build.widthOf(node.input);
      const kept = needed.filter((column) => column >= width);
      if (kept.length === 0) return narrow[0]!;
      const fewer = build.windowNode(
        node.input,
        kept.map((column) => node.calls[column - width]!),
      );
      const made = rebuild(fewer, narrow);
      return { plan: made.plan, map: (column) => made.map(column < width ? column : width + kept.indexOf(column)) };
    }
    case 'set-operation': {
      if (node.op !== 'UNION' || !node.all) return rebuild(node, narrow);
      const same = narrow.map((input) => build.projectColumns(input.plan, needed.map(input.map)));
      const made = build.setOperation(node.op, node.all, same);
      const fields = made.schema.fields.map((field, i) => ({ ...field, name: namesAt(node, needed)[i]! }));
      return { plan: { ...made, schema: { ...made.schema, fields } }, map: position(needed) };
    }
    case 'expand': {
      const projections = node.projections.map((list) => needed.map((column) => list[column]!));
      const fewer = build.expand(node.input, projections, namesAt(node, needed));
      return { plan: rebuild(fewer, narrow).plan, map: position(needed) };
    }
    default:
      return rebuild(node, narrow);
  }
}

/** Nodes that keep, hash or move their input rows: each column costs. */
const NARROWED: ReadonlySet<LogicalPlan['kind']> = new Set([
  'join',
  'aggregate',
  'sort',
  'window',
  'set-operation',
  'expand',
]);

function namesAt(node: LogicalPlan, columns: readonly number[]): readonly string[] {
  return columns.map((column) => node.schema.fields[column]!.name);
}

function position(columns: readonly number[]): (column: number) => number {
  return (column) => columns.indexOf(column);
}

/** Without the columns of the input that this reader does not read. */
function narrowed(input: Rebuilt, read: Iterable<number>): Rebuilt {
  const columns = [...new Set(read)].sort((a, b) => a - b);
  const kept = columns.length > 0 ? columns.map(input.map) : [cheapest(input.plan)];
  if (kept.length >= build.widthOf(input.plan)) return input;
  return { plan: build.projectColumns(input.plan, kept), map: (column) => columns.indexOf(column) };
}

function pruneScan(scan: Scan, needed: readonly number[]): Rebuilt {
  const projection = needed.map((column) => scan.projection[column]!);
  const table = { ...scan.table, spec: { ...scan.table.spec, projection } };
  const pruned = build.scan(table, projection, scan.alias);
  return { plan: pruned, map: position(needed) };
}
