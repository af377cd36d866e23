/** INSERT: the query's columns put in the order of the sink, completed and cast; the sink node on top. */
import { EngineError, notSupported, type Span } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { CatalogTable, ObjectIdentifier } from '../../catalog/catalog-table.ts';
import { quotedPath } from '../../catalog/catalog-table.ts';
import { printScalar } from '../../connectors/index.ts';
import type { ConnectorFactory, ConnectorSpec } from '../../dataflow/connector.ts';
import { type Expr, type Literal, literal } from '../../expr/expr.ts';
import { castTo } from '../../expr/resolve.ts';
import type * as ast from '../../sql/ast.ts';
import { type DataType, isTimestamp, nullable } from '../../types/data-type.ts';
import { printType } from '../../types/print.ts';
import type { LogicalPlan, SinkNode } from '../logical.ts';
import * as build from '../logical-build.ts';
import type { Binder, Environment } from './binder.ts';
import type { BoundInsert } from './bound.ts';
import { bindExpr } from './expr.ts';
import { plainContext } from './expr-context.ts';
import { tableOptions } from './hints.ts';
import { supportsImplicitCast } from './implicit-cast.ts';
import { connectorSpec } from './table.ts';

export interface SinkTarget {
  readonly path: ObjectIdentifier;
  readonly table: CatalogTable;
  readonly hints: Readonly<Record<string, string>>;
  readonly span: Span;
  readonly overwrite: boolean;
  readonly onConflict: SinkNode['onConflict'];
  /** Columns that PARTITION (…) fixes. */
  readonly statics?: ReadonlyMap<string, Literal>;
}

type BindTopQuery = (query: ast.Query, env: Environment) => LogicalPlan;

export function bindInserts(
  binder: Binder,
  inserts: readonly ast.Insert[],
  env: Environment,
  bindTopQuery: BindTopQuery,
): BoundInsert {
  return { kind: 'insert', sinks: inserts.map((insert) => bindInsert(binder, insert, env, bindTopQuery)) };
}

function bindInsert(binder: Binder, node: ast.Insert, env: Environment, bindTopQuery: BindTopQuery): SinkNode {
  const { catalogs } = binder.context;
  const path = catalogs.qualify(node.table.parts.map((part) => part.name));
  const found = catalogs.get(path, node.table.span);
  if (found.table.kind === 'view') {
    throw new EngineError('SQL-INSERT', `${quotedPath(path)} is a view, nothing can be inserted into it`, {
      span: node.table.span,
    });
  }
  const target: SinkTarget = {
    path,
    table: found.table,
    hints: tableOptions(node.hints),
    span: node.table.span,
    overwrite: node.overwrite,
    onConflict: node.onConflict ?? null,
  };
  const statics = staticPartition(binder, node.partition ?? [], target, env);
  const query = bindTopQuery(node.query, env);
  const named = node.columns?.map((name) => columnName(name));
  return bindSink(binder, { ...target, statics }, arrange(query, target, named, statics, node));
}

function columnName(name: ast.QualifiedName): ast.Identifier {
  if (name.parts.length > 1) throw notSupported('a nested column in the column list of INSERT', name.span);
  return name.parts[0]!;
}

/** Columns that INSERT writes: all that are stored. */
function writtenColumns(table: CatalogTable): readonly { readonly name: string; readonly type: DataType }[] {
  return table.columns.filter((column) => column.kind === 'physical');
}

function staticPartition(
  binder: Binder,
  partition: readonly ast.PartitionValue[],
  target: SinkTarget,
  env: Environment,
): ReadonlyMap<string, Literal> {
  const statics = new Map<string, Literal>();
  for (const { column, value } of partition) {
    if (!target.table.partitionKeys.includes(column.name)) {
      throw new EngineError('SQL-INSERT', `'${column.name}' is no partition column of ${quotedPath(target.path)}`, {
        span: column.span,
        hint: `partition columns are ${target.table.partitionKeys.join(', ') || 'none'}`,
      });
    }
    if (value === undefined)
      throw new EngineError('SQL-INSERT', `partition column '${column.name}' has no value`, column);
    const scope = { id: binder.nextScope(), columns: [], outer: null };
    const bound = bindExpr(value, plainContext(binder, env, scope, 'PARTITION'));
    if (bound.kind !== 'literal') {
      throw new EngineError('SQL-INSERT', `the value of partition column '${column.name}' is no literal`, {
        span: value.span,
      });
    }
    statics.set(column.name, bound);
  }
  return statics;
}

/** One expression per written column, over the query. */
function arrange(
  query: LogicalPlan,
  target: SinkTarget,
  named: readonly ast.Identifier[] | undefined,
  statics: ReadonlyMap<string, Literal>,
  node: ast.Insert,
): LogicalPlan {
  const columns = writtenColumns(target.table);
  const open = columns.filter((column) => !statics.has(column.name)).map((column) => column.name);
  const names = named?.map((identifier) => checkedName(identifier, columns, statics, target)) ?? open;
  if (new Set(names).size < names.length) {
    throw new EngineError('SQL-INSERT', 'a column is named twice in the column list', {
      span: node.columns?.[0]?.span,
    });
  }
  const width = build.widthOf(query);
  if (width !== names.length) {
    const counts = `different number of columns, the query has ${width}, the sink takes ${names.length}`;
    throw new EngineError('SQL-INSERT', `${mismatch(target.path)}: ${counts}`, {
      span: node.query.span,
      hint: `the sink takes ${names.join(', ')}`,
    });
  }
  const exprs = columns.map(({ name, type }): Expr => {
    const fixed = statics.get(name);
    if (fixed !== undefined) return castTo(fixed, nullable(type, fixed.type.nullable));
    const index = names.indexOf(name);
    if (index >= 0) return build.columnOf(query, index);
    if (type.nullable) return literal(null, type);
    throw new EngineError('SQL-INSERT', `column '${name}' has no default value and does not allow NULLs`, {
      span: node.table.span,
    });
  });
  const plain = exprs.every((expr, i) => expr.kind === 'input-ref' && expr.index === i) && exprs.length === width;
  if (plain) return query;
  return build.project(
    query,
    exprs,
    columns.map((column) => column.name),
  );
}

function mismatch(path: ObjectIdentifier): string {
  return `column types of query result and sink for '${path.join('.')}' do not match`;
}

function checkedName(
  identifier: ast.Identifier,
  columns: readonly { readonly name: string }[],
  statics: ReadonlyMap<string, Literal>,
  target: SinkTarget,
): string {
  const { name, span } = identifier;
  const names = columns.map((column) => column.name);
  if (!names.includes(name)) {
    throw new EngineError('SQL-COLUMN-UNKNOWN', `unknown target column '${name}'`, {
      span,
      hint: didYouMean(name, names) ?? `${quotedPath(target.path)} has ${names.join(', ')}`,
    });
  }
  if (!statics.has(name)) return name;
  throw new EngineError('SQL-INSERT', `target column '${name}' is assigned more than once`, { span });
}

/** The sink over a plan with one column per written column; implicit casts are added. */
export function bindSink(binder: Binder, target: SinkTarget, query: LogicalPlan): SinkNode {
  const { path, table, span } = target;
  const { spec, factory } = connectorSpec(binder.context, path, table, target.hints, span);
  if (factory.createSink === undefined) {
    throw new EngineError('CONNECTOR-NO-SINK', `connector '${spec.connector}' cannot be written to`, { span });
  }
  checkAbilities(factory, target);
  const columns = writtenColumns(table);
  const rowtimes = query.schema.fields.filter(({ type }) => isTimestamp(type) && type.time === 'rowtime');
  const exprs = build.columnsOf(query).map((column, i): Expr => {
    const { name, type } = columns[i]!;
    if (!supportsImplicitCast(column.type, type)) {
      const place = `incompatible types for sink column '${name}' at position ${i}`;
      throw new EngineError('SQL-INSERT', `${mismatch(path)}: ${place}`, {
        span,
        hint: `the query gives ${printType(column.type)}, the sink takes ${printType(type)}; CAST it`,
      });
    }
    return castTo(column, nullable(type, column.type.nullable));
  });
  const names = columns.map((column) => column.name);
  const casts = exprs.some((expr) => expr.kind !== 'input-ref');
  return {
    kind: 'sink',
    schema: spec.schema,
    input: casts ? build.project(query, exprs, names) : query,
    path,
    spec: { ...spec, ...(target.overwrite ? { overwrite: true } : {}), ...staticTexts(target.statics ?? new Map()) },
    onConflict: target.onConflict,
    overwrite: target.overwrite,
    rowtimes: rowtimes.map(({ name }) => name),
  };
}

/** Clauses that the connector would ignore are refused, as Flink does by the sink's abilities. */
function checkAbilities(factory: ConnectorFactory, { path, table, overwrite, span }: SinkTarget): void {
  const abilities = factory.sinkAbilities ?? [];
  const refuse = (what: string, clause: string): void => {
    throw new EngineError('CONNECTOR-ABILITY', `table ${quotedPath(path)} ${what}`, {
      span,
      hint: `connector '${factory.connector}' does not support ${clause}`,
    });
  };
  if (overwrite && !abilities.includes('overwrite')) refuse('cannot be overwritten', 'INSERT OVERWRITE');
  if (table.partitionKeys.length > 0 && !abilities.includes('partitioning')) {
    refuse('is partitioned and cannot be written to', 'PARTITIONED BY');
  }
  if (table.distribution !== null) refuse('is distributed into buckets and cannot be written to', 'DISTRIBUTED BY');
}

function staticTexts(statics: ReadonlyMap<string, Literal>): Pick<ConnectorSpec, 'staticPartition'> {
  if (statics.size === 0) return {};
  const texts = [...statics].map(([name, { value, type }]) => [name, value === null ? null : printScalar(value, type)]);
  return { staticPartition: Object.fromEntries(texts) };
}
