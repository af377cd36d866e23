/**
 * The way into the binder: a statement of the syntax tree, and what it may know of the world, become
 *
 * - `query`: a logical plan (SELECT); field names are unique;
 * - `insert`: one sink node per INSERT, over plans that share what the text shares;
 * - `operation`: what the session is to do (DDL, SET, SHOW, …), for CREATE TABLE … AS with the INSERT that follows;
 * - `explain`: the statement inside.
 *
 * `bindStatement` reads the catalog and never changes it; the session carries operations out. Every user error is an
 * EngineError with a span: SQL-COLUMN-UNKNOWN, SQL-TABLE-UNKNOWN, SQL-NOT-GROUPED, SQL-TYPE, … and NOT-SUPPORTED.
 */
import { notSupported } from '../../base/errors.ts';
import type * as ast from '../../sql/ast.ts';
import type { LogicalPlan } from '../logical.ts';
import { uniqueNames } from '../logical-build.ts';
import { remembered } from '../logical-evaluation.ts';
import type { Binder, Environment } from './binder.ts';
import type { BoundStatement } from './bound.ts';
import type { BindContext } from './context.ts';
import { bindCreateTable } from './create-table.ts';
import {
  bindAlterCatalog,
  bindAlterDatabase,
  bindAlterTable,
  bindAlterView,
  bindCreateCatalog,
  bindCreateDatabase,
  bindCreateFunction,
  bindCreateView,
  bindDrop,
} from './ddl.ts';
import { bindInserts } from './dml.ts';
import type { Operation } from './operation.ts';
import { bindQuery } from './query.ts';

export type { BoundExplain, BoundInsert, BoundOperation, BoundQuery, BoundStatement } from './bound.ts';
export type { BindContext } from './context.ts';
export type { Operation } from './operation.ts';

export function bindStatement(statement: ast.Statement, context: BindContext): BoundStatement {
  const binder = newBinder({ ...context, evaluation: remembered(context.evaluation) });
  const namespace = [context.catalogs.currentCatalog, context.catalogs.currentDatabase] as const;
  const env: Environment = { ctes: new Map(), outer: null, namespace };
  const bindTop = (query: ast.Query, at: Environment): LogicalPlan => topQuery(binder, query, at);
  switch (statement.kind) {
    case 'query-statement':
      return { kind: 'query', plan: bindTop(statement.query, env) };
    case 'insert':
      return bindInserts(binder, [statement], env, bindTop);
    case 'statement-set':
      return bindInserts(binder, statement.inserts, env, bindTop);
    case 'create-table':
      return bindCreateTable(binder, statement, env, bindTop);
    case 'create-view':
      return operation(bindCreateView(binder, statement, env, bindTop));
    case 'alter-view':
      return operation(bindAlterView(binder, statement, env, bindTop));
    case 'alter-table':
      return operation(bindAlterTable(binder, statement));
    case 'drop':
      return operation(bindDrop(binder, statement));
    case 'create-database':
      return operation(bindCreateDatabase(binder, statement));
    case 'alter-database':
      return operation(bindAlterDatabase(binder, statement));
    case 'create-catalog':
      return operation(bindCreateCatalog(statement));
    case 'alter-catalog':
      return operation(bindAlterCatalog(binder, statement));
    case 'create-function':
      return operation(bindCreateFunction(binder, statement));
    case 'explain':
      return { kind: 'explain', details: statement.details, statement: bindStatement(statement.statement, context) };
    case 'begin-statement-set':
    case 'end-statement-set':
    case 'describe':
    case 'show':
    case 'show-create':
    case 'show-current':
    case 'use':
    case 'set':
    case 'reset':
      return operation({ kind: 'session', statement });
    default:
      throw notSupported(REFUSED[statement.kind], statement.span);
  }
}

function operation(bound: Operation): BoundStatement {
  return { kind: 'operation', operation: bound, insert: null };
}

const REFUSED = {
  update: 'UPDATE',
  delete: 'DELETE',
  merge: 'MERGE',
  truncate: 'TRUNCATE TABLE',
  'create-materialized-table': 'CREATE MATERIALIZED TABLE',
  'alter-materialized-table': 'ALTER MATERIALIZED TABLE',
  'create-model': 'CREATE MODEL',
  'alter-model': 'ALTER MODEL',
  'create-connection': 'CREATE CONNECTION',
  'alter-connection': 'ALTER CONNECTION',
  'alter-function': 'ALTER FUNCTION',
  'load-module': 'LOAD MODULE',
  'unload-module': 'UNLOAD MODULE',
  'add-jar': 'ADD JAR',
  'remove-jar': 'REMOVE JAR',
  analyze: 'ANALYZE TABLE',
  'call-procedure': 'CALL',
  'compile-plan': 'COMPILE PLAN',
  'execute-plan': 'EXECUTE PLAN',
  'stop-job': 'STOP JOB',
} as const;

function newBinder(context: BindContext): Binder {
  let scopes = 0;
  const binder: Binder = {
    context,
    spans: new WeakMap(),
    views: new Map(),
    expanding: [],
    nextScope: () => scopes++,
    bindQuery: (query, env) => bindQuery(binder, query, env, false),
  };
  return binder;
}

/** A query that stands alone keeps its order, and its columns get different names: a, a0. */
function topQuery(binder: Binder, query: ast.Query, env: Environment): LogicalPlan {
  const plan = bindQuery(binder, query, env, true);
  const fields = uniqueNames(plan.schema.fields);
  if (fields.every((field, i) => field === plan.schema.fields[i])) return plan;
  return { ...plan, schema: { ...plan.schema, fields } };
}
