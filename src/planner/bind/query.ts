/** Queries: WITH, set operations, VALUES, TABLE, ORDER BY and LIMIT around a body. */
import { unreachable } from '../../base/assert.ts';
import { EngineError, notSupported } from '../../base/errors.ts';
import type { Expr } from '../../expr/expr.ts';
import { castTo } from '../../expr/resolve.ts';
import type * as ast from '../../sql/ast.ts';
import { leastRestrictive } from '../../types/coerce.ts';
import { type DataType, isTimestamp, sameType } from '../../types/data-type.ts';
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import type { Binder, Environment } from './binder.ts';
import { bindExpr } from './expr.ts';
import { plainContext } from './expr-context.ts';
import { bindFrom } from './from.ts';
import { bindSelect, ordinalOf, sortField } from './select.ts';
import { bindValues } from './values.ts';

/**
 * @param keepOrder the query is a statement of its own; elsewhere ORDER BY without LIMIT has no meaning and is dropped
 */
export function bindQuery(binder: Binder, query: ast.Query, env: Environment, keepOrder: boolean): LogicalPlan {
  const inner = query.with === undefined ? env : bindWith(binder, query.with, env);
  const offset = rowCount(binder, query.offset, 'OFFSET') ?? 0;
  const fetch = rowCount(binder, query.limit, 'LIMIT');
  const ordered = keepOrder || offset > 0 || fetch !== null;
  const orderBy = query.orderBy ?? [];
  if (query.body.kind === 'select') {
    const plan = bindSelect(binder, query.body, inner, orderBy);
    return limited(ordered ? plan : withoutOrder(plan), offset, fetch);
  }
  const body = bindBody(binder, query.body, inner, keepOrder && orderBy.length === 0);
  const sorted = ordered ? sortedBody(binder, body, orderBy, inner) : body;
  return limited(sorted, offset, fetch);
}

/** ORDER BY and LIMIT are one node, also where a projection drops the columns that were only sorted by. */
function limited(plan: LogicalPlan, offset: number, fetch: number | null): LogicalPlan {
  if (offset === 0 && fetch === null) return plan;
  if (plan.kind === 'sort' && plan.fetch === null && plan.offset === 0) return { ...plan, offset, fetch };
  if (plan.kind === 'project' && plan.input.kind === 'sort' && plan.input.fetch === null) {
    return { ...plan, input: { ...plan.input, offset, fetch } };
  }
  return build.sort(plan, [], offset, fetch);
}

function withoutOrder(plan: LogicalPlan): LogicalPlan {
  if (plan.kind === 'sort' && plan.fetch === null && plan.offset === 0) return plan.input;
  if (plan.kind === 'project' && plan.input.kind === 'sort' && plan.input.fetch === null && plan.input.offset === 0) {
    return { ...plan, input: plan.input.input };
  }
  return plan;
}

function bindWith(binder: Binder, node: ast.With, env: Environment): Environment {
  if (node.recursive) throw notSupported('WITH RECURSIVE', node.items[0]?.span);
  const ctes = new Map(env.ctes);
  const own = new Set<string>();
  for (const item of node.items) {
    const name = item.name.name;
    if (own.has(name)) {
      throw new EngineError('SQL-WITH', `duplicate name '${name}' in WITH clause`, { span: item.name.span });
    }
    own.add(name);
    const plan = binder.bindQuery(item.query, { ...env, ctes: new Map(ctes) });
    ctes.set(name, renamed(plan, item));
  }
  return { ...env, ctes };
}

function renamed(plan: LogicalPlan, item: ast.WithItem): LogicalPlan {
  if (item.columns === undefined) return plan;
  const names = item.columns.map((column) => column.name);
  if (names.length !== build.widthOf(plan)) {
    const counts = `${names.length} names, ${build.widthOf(plan)} columns`;
    throw new EngineError('SQL-WITH', `number of columns must match number of query columns: ${counts}`, {
      span: item.name.span,
    });
  }
  return build.project(plan, build.columnsOf(plan), names);
}

function bindBody(binder: Binder, body: ast.QueryBody, env: Environment, keepOrder: boolean): LogicalPlan {
  switch (body.kind) {
    case 'select':
      return bindSelect(binder, body, env, []);
    case 'query':
      return bindQuery(binder, body, env, keepOrder);
    case 'values':
      return bindValues(binder, body, env);
    case 'table-query': {
      const ref = { kind: 'named-table' as const, span: body.span, name: body.name, hints: [] };
      return bindFrom(ref, { binder, env, hints: [], lateral: null, names: [] }).plan;
    }
    case 'set-operation':
      return bindSetOperation(binder, body, env);
    default:
      return unreachable(body);
  }
}

/** A chain of UNION ALL is one node. */
function bindSetOperation(binder: Binder, node: ast.SetOperation, env: Environment): LogicalPlan {
  const bodies = node.op === 'UNION' ? unionBodies(node) : [node.left, node.right];
  const inputs = bodies.map((body) => bindBody(binder, body, env, false));
  const label = `${node.op}${node.all ? ' ALL' : ''}`;
  const width = build.widthOf(inputs[0]!);
  for (const [i, input] of inputs.entries()) {
    if (build.widthOf(input) === width) continue;
    throw new EngineError(
      'SQL-SET-OPERATION',
      `column count mismatch in ${label}: ${width} and ${build.widthOf(input)}`,
      {
        span: bodies[i]!.span,
      },
    );
  }
  const types = Array.from({ length: width }, (_, column): DataType => {
    const all = inputs.map((input) => input.schema.fields[column]!.type);
    const common = leastRestrictive(all);
    if (common !== null) return sameAttribute(all) ? all[0]! : common;
    throw new EngineError('SQL-SET-OPERATION', `type mismatch in column ${column + 1} of ${label}`, {
      span: node.span,
      hint: 'CAST one side to the type of the other',
    });
  });
  return build.setOperation(
    node.op,
    node.all,
    inputs.map((input) => castColumns(input, types)),
  );
}

function sameAttribute(types: readonly DataType[]): boolean {
  const first = types[0]!;
  return types.every(
    (type) => isTimestamp(type) && isTimestamp(first) && type.time === first.time && sameType(type, first),
  );
}

/** UNION is associative; the outermost decides about duplicates, so only like ones are one. */
function unionBodies(node: ast.SetOperation): readonly ast.QueryBody[] {
  const bodies: ast.QueryBody[] = [];
  let rest: ast.QueryBody = node;
  while (rest.kind === 'set-operation' && rest.op === 'UNION' && rest.all === node.all) {
    bodies.push(rest.right);
    rest = rest.left;
  }
  bodies.push(rest);
  return bodies.reverse();
}

/** The columns cast to these types where they differ by more than nullability. */
function castColumns(plan: LogicalPlan, types: readonly DataType[]): LogicalPlan {
  const columns = build.columnsOf(plan);
  const cast = columns.map((column, i): Expr => castTo(column, types[i]!));
  return cast.every((expr, i) => expr === columns[i]) ? plan : build.project(plan, cast, build.namesOf(plan));
}

function sortedBody(
  binder: Binder,
  body: LogicalPlan,
  orderBy: readonly ast.OrderItem[],
  env: Environment,
): LogicalPlan {
  if (orderBy.length === 0) return body;
  const columns = body.schema.fields.map((field, i) => ({
    relation: [],
    name: field.name,
    expr: build.columnOf(body, i),
    visible: true,
  }));
  const scope = { id: binder.nextScope(), columns, outer: env.outer };
  const exprs = build.columnsOf(body);
  const indices = orderBy.map((item) => {
    const ordinal = ordinalOf(item.expr, columns.length);
    if (ordinal !== null) return ordinal;
    const expr = bindExpr(item.expr, plainContext(binder, env, scope, 'ORDER BY'));
    return expr.kind === 'input-ref' ? expr.index : exprs.push(expr) - 1;
  });
  const own = build.widthOf(body);
  const names = exprs.map((_, i) => body.schema.fields[i]?.name ?? `$${i}`);
  const input = exprs.length === own ? body : build.project(body, exprs, names);
  const sorted = build.sort(
    input,
    orderBy.map((item, i) => sortField(item, indices[i]!)),
    0,
    null,
  );
  return exprs.length === own
    ? sorted
    : build.projectColumns(
        sorted,
        Array.from({ length: own }, (_, i) => i),
      );
}

function rowCount(binder: Binder, node: ast.Expr | undefined, clause: string): number | null {
  if (node === undefined) return null;
  const scope = { id: binder.nextScope(), columns: [], outer: null };
  const env: Environment = { ctes: new Map(), outer: null, namespace: ['', ''] };
  const expr = bindExpr(node, plainContext(binder, env, scope, clause));
  if (expr.kind === 'literal' && expr.value !== null && (expr.type.kind === 'INT' || expr.type.kind === 'BIGINT')) {
    if (Number(expr.value) >= 0) return Number(expr.value);
  }
  throw new EngineError('SQL-LIMIT', `${clause} must be a whole number that is not negative`, { span: node.span });
}
