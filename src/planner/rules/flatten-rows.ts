/**
 * Nested projection push-down. Where a ROW is put together from its fields (tables whose source makes the fields as
 * columns of their own), the fields are carried along beside it, and every access to a field takes the carried column.
 * A ROW that nobody takes as a whole is then pruned, and with it the fields that nobody takes.
 */
import { type Expr, exprsEqual } from '../../expr/expr.ts';
import type { LogicalPlan, Project } from '../logical.ts';
import * as build from '../logical-build.ts';
import { disjunctsOf } from '../logical-predicate.ts';
import { inputsOf } from '../logical-visit.ts';
import { identity, inOrder, type MapExpr, type Rebuilt, rebuild, renumber } from './rebuild.ts';
import type { Rule } from './rule.ts';

/** With the columns that carry the fields of a ROW column (an old one). */
interface Flattened extends Rebuilt {
  readonly fields: ReadonlyMap<number, readonly number[]>;
}

export const flattenRows: Rule = {
  name: 'flatten-rows',
  reason: 'before columns are pruned: only what is read of a ROW should reach the source',
  apply: (roots) => {
    const done = new Map<LogicalPlan, Flattened>();
    const visit = (node: LogicalPlan): Flattened => {
      const known = done.get(node);
      if (known !== undefined) return known;
      const made = flatten(node, inputsOf(node).map(visit));
      done.set(node, made);
      return made;
    };
    return roots.map((root) => {
      const made = visit(root);
      return made.plan === root ? root : inOrder(made, build.widthOf(root));
    });
  },
};

const NONE: ReadonlyMap<number, readonly number[]> = new Map();

function flatten(node: LogicalPlan, inputs: readonly Flattened[]): Flattened {
  if (inputs.every((input) => input.fields.size === 0)) {
    const same = inputs.every((input, i) => input.plan === inputsOf(node)[i]);
    if (same && !(node.kind === 'project' && node.exprs.some(isComposed))) {
      return { plan: node, map: identity, fields: NONE };
    }
  }
  if (node.kind === 'project') return flattenProject(node, inputs[0]!);
  const made = rebuild(node, inputs, accessTo(node, inputs));
  return { ...made, fields: carried(node, inputs, made) };
}

/** Field accesses of carried columns become those columns. */
function accessTo(node: LogicalPlan, inputs: readonly Flattened[]): MapExpr {
  const leftWidth = node.kind === 'join' ? build.widthOf(node.left) : Number.POSITIVE_INFINITY;
  const newLeftWidth = build.widthOf(inputs[0]!.plan);
  const fieldColumn = (column: number, field: number): number | undefined => {
    if (column < leftWidth) return inputs[0]!.fields.get(column)?.[field];
    const found = inputs[1]!.fields.get(column - leftWidth)?.[field];
    return found === undefined ? undefined : newLeftWidth + found;
  };
  const replace: MapExpr = (expr, map, input) => {
    if (expr.kind !== 'call') return renumber(expr, map, input);
    const [row, field] = expr.args;
    if (expr.fn === 'GET' && row?.kind === 'input-ref' && field?.kind === 'literal') {
      const column = fieldColumn(row.index, Number(field.value));
      if (column !== undefined) return build.columnOf(input, column);
    }
    return { ...expr, args: expr.args.map((arg) => replace(arg, map, input)) };
  };
  return replace;
}

/** The fields that a node passes on. */
function carried(
  node: LogicalPlan,
  inputs: readonly Flattened[],
  made: Rebuilt,
): ReadonlyMap<number, readonly number[]> {
  const first = inputs[0];
  if (first === undefined) return NONE;
  switch (node.kind) {
    case 'filter':
    case 'sort':
    case 'watermark':
    case 'window':
    case 'unnest':
      return first.fields;
    case 'join': {
      const isSemi = node.type === 'SEMI' || node.type === 'ANTI';
      if (isSemi) return first.fields;
      const oldWidth = build.widthOf(node.left);
      const newWidth = build.widthOf(first.plan);
      const all = new Map(first.fields);
      for (const [column, fields] of inputs[1]!.fields) {
        all.set(
          column + oldWidth,
          fields.map((field) => field + newWidth),
        );
      }
      return made.plan.kind === 'join' ? all : NONE;
    }
    default:
      return NONE;
  }
}

function flattenProject(node: Project, input: Flattened): Flattened {
  const replace = accessTo(node, [input]);
  const exprs = node.exprs.map((expr) => replace(expr, input.map, input.plan));
  const names = build.namesOf(node);
  const fields = new Map<number, readonly number[]>();
  node.exprs.forEach((expr, i) => {
    const parts = composedFields(exprs[i]!) ?? passedFields(expr, input);
    if (parts === null) return;
    const type = expr.type.kind === 'ROW' ? expr.type : null;
    fields.set(
      i,
      parts.map((part, j) => {
        names.push(`${names[i]!}.${type?.fields[j]?.name ?? j}`);
        return exprs.push(part) - 1;
      }),
    );
  });
  return { plan: build.project(input.plan, exprs, names), map: identity, fields };
}

function passedFields(expr: Expr, input: Flattened): readonly Expr[] | null {
  if (expr.kind !== 'input-ref') return null;
  const columns = input.fields.get(expr.index);
  return columns === undefined ? null : columns.map((column) => build.columnOf(input.plan, column));
}

function isComposed(expr: Expr): boolean {
  return composedFields(expr) !== null;
}

/** The fields of a row put together from flat columns; null for anything else. */
function composedFields(expr: Expr): readonly Expr[] | null {
  if (expr.kind !== 'call' || expr.fn !== 'CASE' || expr.args.length !== 3) return null;
  const [condition, row, otherwise] = expr.args as readonly [Expr, Expr, Expr];
  if (otherwise.kind !== 'literal' || otherwise.value !== null || row.kind !== 'call' || row.fn !== 'ROW') return null;
  const tests = disjunctsOf(condition);
  const tested = row.args.every((arg) =>
    tests.some((test) => test.kind === 'call' && test.fn === 'IS NOT NULL' && exprsEqual(test.args[0]!, arg)),
  );
  return tested && tests.length === row.args.length ? row.args : null;
}
