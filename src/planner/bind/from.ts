/** FROM: tables, views, WITH queries, subqueries, files, UNNEST, joins. What is not built is refused by name. */
import { unreachable } from '../../base/assert.ts';
import { EngineError, notSupported } from '../../base/errors.ts';
import type * as ast from '../../sql/ast.ts';
import * as build from '../logical-build.ts';
import { isTrue } from '../logical-build.ts';
import type { Binder, Environment } from './binder.ts';
import { bindExpr, bindPredicate } from './expr.ts';
import { plainContext } from './expr-context.ts';
import { bindFile } from './file-table.ts';
import { aliased, type FromItem, itemOf, retyped } from './from-item.ts';
import { type BoundHint, joinHints, tableOptions } from './hints.ts';
import { bindJoin } from './join.ts';
import type { Scope } from './scope.ts';
import { bindTable } from './table.ts';

export interface FromContext {
  readonly binder: Binder;
  readonly env: Environment;
  readonly hints: readonly BoundHint[];
  /** Tables to the left, for LATERAL and UNNEST. */
  readonly lateral: Scope | null;
  /** Names of the tables met, for hints. */
  readonly names: string[];
}

export function bindFrom(ref: ast.TableRef, context: FromContext): FromItem {
  const item = bindTableRef(ref, context);
  if (item.name !== null) addName(item.name, ref, context);
  return item;
}

/** @throws EngineError SQL-ALIAS if two tables have one name */
function addName(name: string, ref: ast.TableRef, context: FromContext): void {
  if (context.names.includes(name)) {
    const span = ref.kind !== 'join' ? (ref.alias?.name.span ?? ref.span) : ref.span;
    throw new EngineError('SQL-ALIAS', `duplicate relation name '${name}' in FROM clause`, {
      span,
      hint: `give one of them another alias: ${name} AS …`,
    });
  }
  context.names.push(name);
}

/** `stage('<job>/<vertex>')`: the intermediate results of a stage, as far as they are on disk. Weir only. */
function bindStage({ call, span }: ast.FunctionTable, binder: FromContext['binder']): FromItem {
  const [argument] = call.args;
  if (call.args.length !== 1 || argument?.kind !== 'string') {
    throw new EngineError('SQL-STAGE', "stage takes one text, '<job>/<vertex>'", { span });
  }
  const files = binder.context.stageFiles?.(argument.value) ?? [];
  if (files.length === 0) {
    throw new EngineError('SQL-STAGE', `there are no results of a stage '${argument.value}'`, {
      span,
      hint: 'results are on disk until their job ends, and of a job with --job-id until it has ended well',
    });
  }
  const parts = files.map((file) => bindFile(binder.context, file, { format: 'arrow' }, span));
  return itemOf(parts.length === 1 ? parts[0]! : build.setOperation('UNION', true, parts), [argument.value]);
}

function bindTableRef(ref: ast.TableRef, context: FromContext): FromItem {
  const { binder, env } = context;
  switch (ref.kind) {
    case 'named-table':
      return bindNamed(ref, context);
    case 'path-table': {
      const plan = bindFile(binder.context, ref.path, tableOptions(ref.hints), ref.span);
      return aliased(itemOf(plan, [ref.path]), ref.alias);
    }
    case 'derived-table': {
      const outer = ref.lateral ? (context.lateral ?? env.outer) : env.outer;
      const plan = binder.bindQuery(ref.query, { ...env, outer });
      return aliased(itemOf(plan, []), ref.alias);
    }
    case 'unnest':
      return bindUnnest(ref, false, null, context);
    case 'join':
      return bindJoinRef(ref, context);
    case 'function-table': {
      const name = ref.call.name.parts
        .map((part) => part.name)
        .join('.')
        .toUpperCase();
      if (name === 'STAGE') return aliased(bindStage(ref, binder), ref.alias);
      throw notSupported(`the table function ${name}`, ref.span);
    }
    case 'match-recognize':
      throw notSupported('MATCH_RECOGNIZE', ref.span);
    case 'pivot':
      throw notSupported('PIVOT', ref.span, 'use aggregates with FILTER (WHERE …)');
    case 'unpivot':
      throw notSupported('UNPIVOT', ref.span, 'use UNION ALL');
    default:
      return unreachable(ref);
  }
}

function bindNamed(ref: ast.NamedTable, context: FromContext): FromItem {
  const { binder, env } = context;
  if (ref.systemTime !== undefined) throw notSupported('FOR SYSTEM_TIME AS OF', ref.systemTime.span);
  if (ref.sample !== undefined) throw notSupported('TABLESAMPLE', ref.span);
  const parts = ref.name.parts.map((part) => part.name);
  const cte = parts.length === 1 ? env.ctes.get(parts[0]!) : undefined;
  if (cte !== undefined) {
    if (ref.hints.length > 0) {
      throw new EngineError('SQL-HINT', `${parts[0]} is a WITH query: it takes no hints`, { span: ref.span });
    }
    return aliased(itemOf(cte, parts), ref.alias);
  }
  if (parts.length > 3) {
    throw new EngineError('SQL-TABLE-UNKNOWN', `object '${parts.join('.')}' not found`, {
      span: ref.name.span,
      hint: 'a table has at most catalog and database before its name',
    });
  }
  const path = binder.context.catalogs.qualify(parts, env.namespace);
  const found = binder.context.catalogs.find(path);
  if (found === undefined) {
    const unknown = binder.context.catalogs.unknownTable(path, ref.name.span);
    throw unknown;
  }
  const alias = ref.alias?.name.name ?? null;
  const plan = bindTable(binder, found, { alias, options: tableOptions(ref.hints), span: ref.name.span });
  return aliased(itemOf(plan, path), ref.alias);
}

function bindJoinRef(ref: ast.Join, context: FromContext): FromItem {
  const { binder, env } = context;
  const left = bindFrom(ref.left, context);
  const outer = context.lateral ?? env.outer;
  const lateral: Scope = { id: binder.nextScope(), columns: left.columns, outer };
  if (ref.right.kind === 'unnest') return joinUnnest(ref, ref.right, left, lateral, context);
  const right = bindFrom(ref.right, { ...context, lateral });
  const hints = joinHints(context.hints, left.name, right.name);
  return bindJoin(binder, ref, env, { left, right, lateral, hints });
}

/** `t CROSS JOIN UNNEST(t.a)`, `t LEFT JOIN UNNEST(t.a) ON TRUE`: the elements beside their row. */
function joinUnnest(join: ast.Join, ref: ast.Unnest, left: FromItem, lateral: Scope, context: FromContext): FromItem {
  if (join.type === 'RIGHT' || join.type === 'FULL') throw notSupported(`${join.type} JOIN UNNEST`, join.span);
  if (join.natural || join.using !== undefined) throw notSupported('USING with UNNEST', join.span);
  const outer = join.type === 'LEFT';
  const item = bindUnnest(ref, outer, { left, scope: lateral }, context);
  if (item.name !== null) context.names.push(item.name);
  if (join.on === undefined) return item;
  const scope: Scope = { id: context.binder.nextScope(), columns: item.columns, outer: context.env.outer };
  const on = bindPredicate(join.on, plainContext(context.binder, context.env, scope, 'ON'));
  if (isTrue(on)) return item;
  if (outer) throw notSupported('LEFT JOIN UNNEST with a condition other than TRUE', join.on.span);
  return { ...item, plan: build.filter(item.plan, on) };
}

function bindUnnest(
  ref: ast.Unnest,
  outer: boolean,
  beside: { readonly left: FromItem; readonly scope: Scope } | null,
  context: FromContext,
): FromItem {
  const { binder, env } = context;
  if (ref.exprs.length !== 1) throw notSupported('UNNEST of several collections', ref.span);
  const scope = beside?.scope ?? { id: binder.nextScope(), columns: [], outer: context.lateral ?? env.outer };
  const bound = bindExpr(ref.exprs[0]!, plainContext(binder, env, scope, 'UNNEST'));
  if (build.elementFields(bound.type).length === 0) {
    throw new EngineError('SQL-TYPE', 'UNNEST takes an ARRAY, a MAP or a MULTISET', {
      span: ref.exprs[0]!.span,
    });
  }
  const input = beside?.left.plan ?? build.oneRow();
  const plan = build.unnest(input, bound, { outer, withOrdinality: ref.ordinality });
  const width = build.widthOf(input);
  const element = build.columnsOf(plan, width);
  const columns = element.map((expr, i) => ({
    relation: ['UNNEST'],
    name: unnestName(plan.schema.fields[width + i]!.name, i, element.length, ref),
    expr,
    visible: true,
  }));
  const item = aliased({ plan, columns, name: null }, ref.alias);
  if (beside === null) return item;
  return { plan, columns: [...retyped(beside.left.columns, plan), ...item.columns], name: null };
}

/** A single element is EXPR$0 if no alias names it. */
function unnestName(name: string, index: number, count: number, ref: ast.Unnest): string {
  const single = count === (ref.ordinality ? 2 : 1);
  return single && index === 0 && name === 'f0' ? 'EXPR$0' : name;
}
