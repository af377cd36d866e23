/** CREATE, ALTER and DROP of everything but CREATE TABLE → operations. */
import { EngineError, notSupported, type Span } from '../../base/errors.ts';
import type { CatalogTable, CatalogView, ObjectIdentifier } from '../../catalog/catalog-table.ts';
import { quotedPath } from '../../catalog/catalog-table.ts';
import type * as ast from '../../sql/ast.ts';
import type { LogicalPlan } from '../logical.ts';
import { alterColumns } from './alter-columns.ts';
import type { Binder, Environment } from './binder.ts';
import type { Operation } from './operation.ts';
import { sourceOf } from './table-definition.ts';

type BindTopQuery = (query: ast.Query, env: Environment) => LogicalPlan;

function partsOf(name: ast.QualifiedName): readonly string[] {
  return name.parts.map((part) => part.name);
}

function optionsOf(options: readonly ast.Option[]): Readonly<Record<string, string>> {
  return Object.fromEntries(options.map((option) => [option.key, option.value]));
}

export function bindCreateView(
  binder: Binder,
  node: ast.CreateView,
  env: Environment,
  bindTopQuery: BindTopQuery,
): Operation {
  const path = binder.context.catalogs.qualify(partsOf(node.name));
  const view = viewOf(binder, node.query, node.columns, node.comment ?? null, env, bindTopQuery);
  return {
    kind: 'create-view',
    path,
    view,
    isTemporary: node.temporary,
    ignoreIfExists: node.ifNotExists,
  };
}

function viewOf(
  binder: Binder,
  query: ast.Query,
  columns: readonly ast.ViewColumn[] | undefined,
  comment: string | null,
  env: Environment,
  bindTopQuery: BindTopQuery,
): CatalogView {
  const plan = bindTopQuery(query, env);
  const fields = plan.schema.fields;
  if (columns !== undefined && columns.length !== fields.length) {
    const message = `the view has ${columns.length} column names, its query has ${fields.length} columns`;
    throw new EngineError('SQL-DDL', message, { span: columns[0]?.name.span ?? query.span });
  }
  return {
    kind: 'view',
    columns: fields.map((field, i) => ({
      kind: 'physical',
      name: columns?.[i]?.name.name ?? field.name,
      type: field.type,
      comment: columns?.[i]?.comment ?? null,
    })),
    query: sourceOf(binder, query),
    definedIn: env.namespace,
    comment,
  };
}

export function bindAlterView(
  binder: Binder,
  node: ast.AlterView,
  env: Environment,
  bindTopQuery: BindTopQuery,
): Operation {
  const path = binder.context.catalogs.qualify(partsOf(node.name));
  const { table } = binder.context.catalogs.get(path, node.name.span);
  if (table.kind !== 'view') throw wrongKind(path, 'table', 'view', node.name.span);
  if (node.renameTo !== undefined) return renameTo(binder, path, node.renameTo);
  const view = viewOf(binder, node.query!, undefined, table.comment, env, bindTopQuery);
  return { kind: 'alter-table', path, table: view };
}

function wrongKind(path: ObjectIdentifier, is: string, wanted: string, span: Span): EngineError {
  return new EngineError('SQL-TABLE-KIND', `${quotedPath(path)} is a ${is}, not a ${wanted}`, {
    span,
    hint: `use ALTER ${is.toUpperCase()}`,
  });
}

function renameTo(binder: Binder, path: ObjectIdentifier, to: ast.QualifiedName): Operation {
  const target = binder.context.catalogs.qualify(partsOf(to), [path[0], path[1]]);
  if (target[0] !== path[0] || target[1] !== path[1]) {
    throw notSupported('renaming into another database', to.span);
  }
  return { kind: 'rename-table', path, to: target[2] };
}

export function bindAlterTable(binder: Binder, node: ast.AlterTable): Operation {
  const { catalogs } = binder.context;
  const path = catalogs.qualify(partsOf(node.name));
  if (node.ifExists && catalogs.find(path) === undefined) return { kind: 'nothing' };
  const { table } = catalogs.get(path, node.name.span);
  if (table.kind !== 'table') throw wrongKind(path, 'view', 'table', node.name.span);
  const { action } = node;
  switch (action.type) {
    case 'rename':
      return renameTo(binder, path, action.to);
    case 'set-options':
      return altered(path, { ...table, options: { ...table.options, ...optionsOf(action.options) } });
    case 'reset-options':
      return altered(path, { ...table, options: withoutKeys(table, action.keys, node.span) });
    case 'add-partitions':
    case 'drop-partitions':
      throw notSupported('ALTER TABLE … PARTITION', node.span);
    case 'drop-watermark':
      if (table.watermark === null) throw missing('watermark', path, node.span);
      return altered(path, { ...table, watermark: null });
    case 'drop-primary-key':
      if (table.primaryKey === null) throw missing('primary key', path, node.span);
      return altered(path, { ...table, primaryKey: null });
    case 'drop-constraint':
      if (table.primaryKey?.name !== action.name.name) throw missing(`constraint ${action.name.name}`, path, node.span);
      return altered(path, { ...table, primaryKey: null });
    case 'drop-distribution':
      if (table.distribution === null) throw missing('distribution', path, node.span);
      return altered(path, { ...table, distribution: null });
    default:
      return altered(path, alterColumns(binder, table, action, node.span));
  }
}

function altered(path: ObjectIdentifier, table: CatalogTable): Operation {
  return { kind: 'alter-table', path, table };
}

function missing(what: string, path: ObjectIdentifier, span: Span): EngineError {
  return new EngineError('SQL-DDL', `${quotedPath(path)} has no ${what}`, { span });
}

function withoutKeys(table: CatalogTable, keys: readonly string[], span: Span): Readonly<Record<string, string>> {
  if (keys.length === 0) throw new EngineError('SQL-DDL', 'RESET needs at least one option', { span });
  if (keys.includes('connector')) {
    throw new EngineError('SQL-DDL', "option 'connector' cannot be reset", { span });
  }
  return Object.fromEntries(Object.entries(table.options).filter(([key]) => !keys.includes(key)));
}

export function bindDrop(binder: Binder, node: ast.Drop): Operation {
  const { catalogs } = binder.context;
  const parts = partsOf(node.name);
  const common = { isTemporary: node.temporary, ifExists: node.ifExists };
  switch (node.what) {
    case 'TABLE':
    case 'VIEW': {
      const path = catalogs.qualify(parts);
      if (!node.ifExists) catalogs.get(path, node.name.span);
      return { kind: node.what === 'TABLE' ? 'drop-table' : 'drop-view', path, ...common };
    }
    case 'DATABASE':
      return {
        kind: 'drop-database',
        path: catalogs.qualifyDatabase(parts),
        ifExists: node.ifExists,
        cascade: node.behaviour === 'CASCADE',
      };
    case 'CATALOG':
      return { kind: 'drop-catalog', name: parts[0]!, ifExists: node.ifExists };
    case 'FUNCTION':
      return { kind: 'drop-function', path: catalogs.qualify(parts), ...common };
    default:
      throw notSupported(`DROP ${node.what}`, node.span);
  }
}

export function bindCreateDatabase(binder: Binder, node: ast.CreateDatabase): Operation {
  return {
    kind: 'create-database',
    path: binder.context.catalogs.qualifyDatabase(partsOf(node.name)),
    database: { comment: node.comment ?? null, options: optionsOf(node.options) },
    ignoreIfExists: node.ifNotExists,
  };
}

export function bindAlterDatabase(binder: Binder, node: ast.AlterDatabase): Operation {
  const { catalogs } = binder.context;
  const path = catalogs.qualifyDatabase(partsOf(node.name));
  const info = catalogs.database(path, node.name.span);
  const options = { ...info.options, ...optionsOf(node.options) };
  return { kind: 'alter-database', path, database: { ...info, options } };
}

export function bindCreateCatalog(node: ast.CreateCatalog): Operation {
  return {
    kind: 'create-catalog',
    name: node.name.name,
    options: optionsOf(node.options),
    comment: node.comment ?? null,
    ignoreIfExists: node.ifNotExists,
  };
}

export function bindAlterCatalog(binder: Binder, node: ast.AlterCatalog): Operation {
  const name = node.name.name;
  binder.context.catalogs.catalog(name, node.name.span);
  const options = binder.context.catalogs.catalogOptions(name);
  const { action } = node;
  if (action.type === 'comment') throw notSupported('ALTER CATALOG … COMMENT', node.span);
  if (action.type === 'set-options') {
    return { kind: 'alter-catalog', name, options: { ...options, ...optionsOf(action.options) } };
  }
  const kept = Object.entries(options).filter(([key]) => !action.keys.includes(key));
  return { kind: 'alter-catalog', name, options: Object.fromEntries(kept) };
}

export function bindCreateFunction(binder: Binder, node: ast.CreateFunction): Operation {
  const path = binder.context.catalogs.qualify(partsOf(node.name));
  throw notSupported(`CREATE FUNCTION ${quotedPath(path)} (user-defined functions)`, node.span);
}
