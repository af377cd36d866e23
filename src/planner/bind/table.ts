/**
 * Tables and views of the catalog as plans: the scan of the physical columns, above it the computed columns, above
 * those the watermark; views bound where they were defined.
 */
import { EngineError, notSupported, type Span } from '../../base/errors.ts';
import type { FoundTable } from '../../catalog/catalog-manager.ts';
import {
  type CatalogTable,
  type CatalogView,
  dottedPath,
  type ObjectIdentifier,
  quotedPath,
} from '../../catalog/catalog-table.ts';
import { applyDefaults, validateOptions } from '../../connectors/index.ts';
import { fieldsOfRow, flattenedSchema } from '../../connectors/nexmark/schema.ts';
import type { ConnectorFactory, ConnectorSpec } from '../../dataflow/connector.ts';
import { call, type Expr, inputRef, literal } from '../../expr/expr.ts';
import { resolveCall } from '../../expr/resolve.ts';
import type * as ast from '../../sql/ast.ts';
import type { Schema } from '../../types/schema.ts';
import type { LogicalPlan, ScanTable } from '../logical.ts';
import * as build from '../logical-build.ts';
import { disjunction } from '../logical-predicate.ts';
import type { Binder, Environment } from './binder.ts';
import type { BindContext } from './context.ts';
import { bindExpr } from './expr.ts';
import { plainContext } from './expr-context.ts';
import type { Scope } from './scope.ts';

export interface TableReference {
  readonly alias: string | null;
  /** OPTIONS hint. */
  readonly options: Readonly<Record<string, string>>;
  readonly span: Span;
}

export function bindTable(binder: Binder, found: FoundTable, reference: TableReference): LogicalPlan {
  const { table } = found;
  if (table.kind === 'table') return readTable(binder, found.path, table, reference);
  if (Object.keys(reference.options).length > 0) {
    throw new EngineError('SQL-HINT', `${quotedPath(found.path)} is a view: it takes no OPTIONS hint`, {
      span: reference.span,
    });
  }
  return expandView(binder, found.path, table, reference.span);
}

function expandView(binder: Binder, path: ObjectIdentifier, view: CatalogView, span: Span): LogicalPlan {
  const key = dottedPath(path);
  const known = binder.views.get(key);
  if (known !== undefined) return known;
  if (binder.expanding.includes(key)) {
    throw new EngineError('SQL-VIEW', `view ${quotedPath(path)} is defined through itself`, { span });
  }
  binder.expanding.push(key);
  const env: Environment = { ctes: new Map(), outer: null, namespace: view.definedIn };
  const query = withCause(path, span, () => binder.bindQuery(view.query.syntax as ast.Query, env));
  binder.expanding.pop();
  const names = view.columns.map((column) => column.name);
  if (names.length !== build.widthOf(query)) {
    throw new EngineError('SQL-VIEW', `view ${quotedPath(path)} no longer has the columns that it was made with`, {
      span,
      hint: 'a table that it reads was changed: DROP VIEW and make it again',
    });
  }
  const same = build.namesOf(query).every((name, i) => name === names[i]);
  const plan = same ? query : build.project(query, build.columnsOf(query), names);
  binder.views.set(key, plan);
  return plan;
}

/** Spans inside a view point into another text: the error is shown at the reference. */
function withCause<T>(path: ObjectIdentifier, span: Span, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const detail = { ...error.detail, span, cause: error };
    throw new EngineError(error.code, `in view ${quotedPath(path)}: ${error.message}`, detail);
  }
}

/** Connector, merged and checked options, physical columns: what a source or sink is made from. */
export function connectorSpec(
  context: BindContext,
  path: ObjectIdentifier,
  table: CatalogTable,
  hints: Readonly<Record<string, string>>,
  span: Span,
): { readonly spec: ConnectorSpec; readonly factory: ConnectorFactory; readonly declared: Schema } {
  const connector = hints.connector ?? table.options.connector;
  if (connector === undefined) {
    throw new EngineError('CONNECTOR-MISSING', `table ${quotedPath(path)} has no option 'connector'`, {
      span,
      hint: "add WITH ('connector' = '…') to its definition",
    });
  }
  const factory = withCauseOf(span, () => context.connectorFactory(connector));
  const options = { ...applyDefaults(factory, table.options, context.configuration), ...hints };
  withCauseOf(span, () => validateOptions(factory, options));
  const declared = physicalSchema(table);
  const schema = connector === FLATTENED_CONNECTOR ? flattenedSchema(declared) : declared;
  const spec: ConnectorSpec = {
    connector,
    table: dottedPath(path),
    options,
    schema,
    projection: schema.fields.map((_, i) => i),
    filters: [],
    limit: null,
    ...(table.partitionKeys.length === 0 ? {} : { partitionKeys: table.partitionKeys }),
  };
  return { spec, factory, declared };
}

/** Its source makes the fields of ROW columns as columns of their own (connectors/nexmark/schema.ts). */
const FLATTENED_CONNECTOR = 'nexmark';

function withCauseOf<T>(span: Span, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof EngineError) || error.detail.span !== undefined) throw error;
    throw new EngineError(error.code, error.message, { ...error.detail, span });
  }
}

/** The physical columns with key; metadata columns are refused. */
function physicalSchema(table: CatalogTable): Schema {
  const fields = table.columns.flatMap((column) => {
    if (column.kind === 'metadata') throw notSupported(`the metadata column ${column.name}`);
    return column.kind === 'physical' ? [{ name: column.name, type: column.type }] : [];
  });
  const key = table.primaryKey?.columns.map((name) => fields.findIndex((field) => field.name === name)) ?? null;
  return { fields, primaryKey: key, rowtime: null };
}

function readTable(
  binder: Binder,
  path: ObjectIdentifier,
  table: CatalogTable,
  reference: TableReference,
): LogicalPlan {
  const { span } = reference;
  const { spec, factory, declared } = connectorSpec(binder.context, path, table, reference.options, span);
  if (factory.createSource === undefined) {
    throw new EngineError('CONNECTOR-NO-SOURCE', `connector '${spec.connector}' cannot be read from`, {
      span,
      hint: `table ${quotedPath(path)} can only be written to`,
    });
  }
  const source = withCauseOf(span, () => factory.createSource!(spec, binder.context.connectorContext));
  const scanned: ScanTable = {
    path,
    spec,
    boundedness: source.boundedness,
    changelogMode: source.changelogMode,
    statistics: source.statistics(),
  };
  const scan = build.scan(scanned, spec.projection, reference.alias ?? path[2]);
  const rows = declared === spec.schema ? scan : composeRows(scan, declared);
  return withWatermark(binder, withComputedColumns(binder, rows, table), table);
}

/** ROW columns from their flat fields: NULL where all fields are. */
function composeRows(scan: LogicalPlan, declared: Schema): LogicalPlan {
  let next = 0;
  const exprs = declared.fields.map(({ type }, column): Expr => {
    if (type.kind !== 'ROW') return build.columnOf(scan, next++);
    const fields = fieldsOfRow(declared, column).map((index) => build.columnOf(scan, index));
    next += fields.length;
    const present = disjunction(fields.map((field) => resolveCall('IS NOT NULL', [field])));
    const whole = call('ROW', fields, { ...type, nullable: false });
    return call('CASE', [present, whole, literal(null, { ...type, nullable: true })], { ...type, nullable: true });
  });
  return build.project(
    scan,
    exprs,
    declared.fields.map((field) => field.name),
  );
}

/** All columns in the order declared; a computed column sees the columns that are not computed. */
function withComputedColumns(binder: Binder, physical: LogicalPlan, table: CatalogTable): LogicalPlan {
  if (table.columns.every((column) => column.kind === 'physical')) return physical;
  const scope = tableScope(binder, physical);
  let next = 0;
  const exprs = table.columns.map((column): Expr => {
    if (column.kind !== 'computed') return build.columnOf(physical, next++);
    const context = plainContext(binder, NO_NAMES, scope, 'a computed column');
    return bindExpr(column.expression.syntax as ast.Expr, context);
  });
  return build.project(
    physical,
    exprs,
    table.columns.map((column) => column.name),
  );
}

function withWatermark(binder: Binder, plan: LogicalPlan, table: CatalogTable): LogicalPlan {
  if (table.watermark === null) return plan;
  const [column, ...path] = table.watermark.rowtime;
  const index = plan.schema.fields.findIndex((field) => field.name === column);
  if (path.length > 0 || index < 0)
    throw notSupported(`a watermark on the nested field ${[column, ...path].join('.')}`);
  const context = plainContext(binder, NO_NAMES, tableScope(binder, plan), 'WATERMARK');
  return build.watermark(plan, index, bindExpr(table.watermark.expression.syntax as ast.Expr, context));
}

const NO_NAMES: Environment = { ctes: new Map(), outer: null, namespace: ['', ''] };

function tableScope(binder: Binder, plan: LogicalPlan): Scope {
  const columns = plan.schema.fields.map((field, i) => ({
    relation: [],
    name: field.name,
    expr: inputRef(i, field.type),
    visible: true,
  }));
  return { id: binder.nextScope(), columns, outer: null };
}
