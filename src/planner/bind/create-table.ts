/** CREATE TABLE with LIKE and AS. */
import { EngineError, notSupported } from '../../base/errors.ts';
import type { CatalogColumn, CatalogTable, ObjectIdentifier } from '../../catalog/catalog-table.ts';
import { quotedPath } from '../../catalog/catalog-table.ts';
import { applyDefaults } from '../../connectors/index.ts';
import { type Expr, literal } from '../../expr/expr.ts';
import type * as ast from '../../sql/ast.ts';
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import type { Binder, Environment } from './binder.ts';
import type { BoundOperation } from './bound.ts';
import { bindSink } from './dml.ts';
import { addColumn, addElements, checkColumns, type Draft, distributionOf } from './table-definition.ts';

type BindTopQuery = (query: ast.Query, env: Environment) => LogicalPlan;

export function bindCreateTable(
  binder: Binder,
  node: ast.CreateTable,
  env: Environment,
  bindTopQuery: BindTopQuery,
): BoundOperation {
  const { catalogs } = binder.context;
  const path = catalogs.qualify(node.name.parts.map((part) => part.name));
  catalogs.database([path[0], path[1]], node.name.span);
  if (node.mode !== 'CREATE' && node.as === undefined) {
    throw notSupported(`${node.mode} TABLE without AS`, node.span);
  }
  const query = node.as === undefined ? null : bindTopQuery(node.as, env);
  const table = query === null ? define(binder, node, path) : defineFromQuery(binder, node, query);
  const create = {
    kind: 'create-table' as const,
    path,
    table,
    isTemporary: node.temporary,
    ignoreIfExists: node.ifNotExists,
    replace: node.mode !== 'CREATE',
  };
  if (query === null) return { kind: 'operation', operation: create, insert: null };
  const target = { path, table, hints: {}, span: node.name.span, overwrite: false, onConflict: null };
  const sink = bindSink(binder, target, queryColumns(node, query, table));
  return { kind: 'operation', operation: create, insert: { kind: 'insert', sinks: [sink] } };
}

function optionsOf(options: readonly ast.Option[]): Readonly<Record<string, string>> {
  return Object.fromEntries(options.map((option) => [option.key, option.value]));
}

function define(binder: Binder, node: ast.CreateTable, path: ObjectIdentifier): CatalogTable {
  const own = optionsOf(node.options);
  const base = node.like === undefined ? null : likeTable(binder, node.like, own);
  const draft: Draft = {
    columns: base?.columns ?? [],
    watermark: base?.watermark ?? null,
    primaryKey: base?.primaryKey ?? null,
  };
  const overwritten = node.like === undefined ? new Set<string>() : overwrittenNames(node.like, node.elements, draft);
  draft.columns = draft.columns.filter((column) => !overwritten.has(column.name));
  if (node.like !== undefined && likeStrategy(node.like, 'WATERMARKS') === 'OVERWRITING') {
    if (node.elements.some((element) => element.kind === 'watermark')) draft.watermark = null;
  }
  addElements(binder, draft, node.elements);
  const options = base?.options ?? own;
  if (draft.columns.length === 0) inferColumns(binder, draft, options, path, node);
  const partitionKeys = checkColumns(draft.columns, node.partitionedBy ?? [], 'partition');
  return {
    kind: 'table',
    columns: draft.columns,
    watermark: draft.watermark,
    primaryKey: draft.primaryKey,
    partitionKeys: partitionKeys.length > 0 ? partitionKeys : (base?.partitionKeys ?? []),
    distribution: distributionOf(draft.columns, node.distribution) ?? base?.distribution ?? null,
    comment: node.comment ?? base?.comment ?? null,
    options,
  };
}

/** A connector that knows its columns need not be told. */
function inferColumns(
  binder: Binder,
  draft: Draft,
  options: Readonly<Record<string, string>>,
  path: ObjectIdentifier,
  node: ast.CreateTable,
): void {
  const connector = options.connector;
  const factory = connector === undefined ? undefined : binder.context.connectorFactory(connector);
  if (factory?.inferSchema === undefined) {
    throw new EngineError('SQL-DDL', `table ${quotedPath(path)} has no columns`, {
      span: node.name.span,
      hint: 'only connectors that know their columns (tpch, nexmark, filesystem) can do without',
    });
  }
  const filled = applyDefaults(factory, options, binder.context.configuration);
  const schema = factory.inferSchema(filled, binder.context.connectorContext);
  draft.columns = schema.fields.map(({ name, type }) => ({ kind: 'physical', name, type, comment: null }));
  if (schema.primaryKey === null || draft.primaryKey !== null) return;
  const columns = schema.primaryKey.map((index) => schema.fields[index]!.name);
  draft.primaryKey = { name: `PK_${columns.join('_')}`, columns };
}

// ── LIKE ──

type Strategy = 'INCLUDING' | 'EXCLUDING' | 'OVERWRITING';

function likeStrategy(like: ast.LikeClause, feature: ast.LikeFeature): Strategy {
  const own = like.options.findLast((option) => option.feature === feature);
  if (own !== undefined) return own.action;
  const all = like.options.findLast((option) => option.feature === 'ALL');
  if (all !== undefined) return all.action;
  return feature === 'OPTIONS' ? 'OVERWRITING' : 'INCLUDING';
}

/** What is taken over from the table, its options merged with `own`. */
function likeTable(binder: Binder, like: ast.LikeClause, own: Readonly<Record<string, string>>): CatalogTable {
  const { catalogs } = binder.context;
  const found = catalogs.get(catalogs.qualify(like.table.parts.map((part) => part.name)), like.table.span);
  if (found.table.kind === 'view') {
    throw new EngineError('SQL-DDL', `${quotedPath(found.path)} is a view: LIKE takes a table`, {
      span: like.table.span,
    });
  }
  const source = found.table;
  const takes = (feature: ast.LikeFeature): boolean => likeStrategy(like, feature) !== 'EXCLUDING';
  const columns = source.columns.filter(
    (column) => column.kind === 'physical' || (column.kind === 'computed' ? takes('GENERATED') : takes('METADATA')),
  );
  return {
    ...source,
    columns,
    watermark: takes('WATERMARKS') ? source.watermark : null,
    primaryKey: takes('CONSTRAINTS') ? source.primaryKey : null,
    partitionKeys: takes('PARTITIONS') ? source.partitionKeys : [],
    distribution: takes('DISTRIBUTION') ? source.distribution : null,
    options: mergedOptions(like, source, own),
  };
}

function mergedOptions(
  like: ast.LikeClause,
  source: CatalogTable,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const strategy = likeStrategy(like, 'OPTIONS');
  if (strategy === 'EXCLUDING') return own;
  const repeated = Object.keys(own).find((key) => source.options[key] !== undefined);
  if (strategy === 'INCLUDING' && repeated !== undefined) {
    throw new EngineError(
      'SQL-DDL',
      `there already exists an option ['${repeated}' -> '${source.options[repeated]}'] in the base table`,
      {
        span: like.span,
        hint: 'use OVERWRITING OPTIONS',
      },
    );
  }
  return { ...source.options, ...own };
}

/** Columns of the base that this table defines anew, where the strategy allows. */
function overwrittenNames(
  like: ast.LikeClause,
  elements: readonly ast.TableElement[],
  draft: Draft,
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const element of elements) {
    if (element.kind !== 'computed-column' && element.kind !== 'metadata-column') continue;
    const feature = element.kind === 'computed-column' ? 'GENERATED' : 'METADATA';
    const base = draft.columns.find((column) => column.name === element.name.name);
    if (base !== undefined && base.kind !== 'physical' && likeStrategy(like, feature) === 'OVERWRITING') {
      names.add(base.name);
    }
  }
  return names;
}

// ── AS ──

/** The columns of the query, with the types of those that are written in front; others are added before them. */
function defineFromQuery(binder: Binder, node: ast.CreateTable, query: LogicalPlan): CatalogTable {
  if (node.temporary) throw notSupported('CREATE TEMPORARY TABLE … AS', node.span);
  const fields = selectedFields(node, query);
  const draft: Draft = { columns: [], watermark: null, primaryKey: null };
  const stored = node.elements.filter(
    (element) => element.kind === 'physical-column' || element.kind === 'computed-column',
  );
  const others = node.elements.filter((element) => !stored.includes(element as ast.PhysicalColumn));
  addElements(binder, draft, stored);
  const written = draft.columns;
  const given = (name: string): CatalogColumn | undefined => written.find((column) => column.name === name);
  draft.columns = written.filter((column) => !fields.some((field) => field.name === column.name));
  for (const { name, type } of fields) {
    addColumn(
      draft,
      given(name) ?? { kind: 'physical', name, type: build.withoutTime(type), comment: null },
      node.span,
    );
  }
  addElements(binder, draft, others);
  return {
    kind: 'table',
    columns: draft.columns,
    watermark: draft.watermark,
    primaryKey: draft.primaryKey,
    partitionKeys: checkColumns(draft.columns, node.partitionedBy ?? [], 'partition'),
    distribution: distributionOf(draft.columns, node.distribution),
    comment: node.comment ?? null,
    options: optionsOf(node.options),
  };
}

function selectedFields(node: ast.CreateTable, query: LogicalPlan) {
  const fields = query.schema.fields;
  if (node.columnNames === undefined) return fields;
  return node.columnNames.map(({ name, span }) => {
    const found = fields.find((field) => field.name === name);
    if (found !== undefined && node.columnNames!.length === fields.length) return found;
    throw new EngineError(
      'SQL-DDL',
      `the column list of CREATE TABLE … AS must name the columns of the query: '${name}'`,
      {
        span,
        hint: `the query has ${fields.map((field) => field.name).join(', ')}`,
      },
    );
  });
}

/** The query's columns in the order of the table; columns that it lacks are NULL. */
function queryColumns(node: ast.CreateTable, query: LogicalPlan, table: CatalogTable): LogicalPlan {
  const stored = table.columns.filter((column) => column.kind === 'physical');
  const exprs = stored.map(({ name, type }): Expr => {
    const index = query.schema.fields.findIndex((field) => field.name === name);
    if (index >= 0) return build.columnOf(query, index);
    if (type.nullable) return literal(null, type);
    throw new EngineError('SQL-DDL', `column '${name}' is not in the query and does not allow NULLs`, {
      span: node.span,
    });
  });
  const names = stored.map((column) => column.name);
  const plain = exprs.every((expr, i) => expr.kind === 'input-ref' && expr.index === i);
  return plain && exprs.length === build.widthOf(query) ? query : build.project(query, exprs, names);
}
