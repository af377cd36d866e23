/**
 * CREATE TABLE's columns, key, watermark and clauses → a CatalogTable; also what ALTER TABLE checks again after a
 * change.
 */
import { EngineError, notSupported, type Span } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type {
  CatalogColumn,
  CatalogDistribution,
  CatalogPrimaryKey,
  CatalogTable,
  CatalogWatermark,
  Source,
} from '../../catalog/catalog-table.ts';
import { inputRef } from '../../expr/expr.ts';
import type * as ast from '../../sql/ast.ts';
import { type DataType, isTimestamp, notNull } from '../../types/data-type.ts';
import { printType } from '../../types/print.ts';
import type { Binder, Environment } from './binder.ts';
import { bindExpr } from './expr.ts';
import { plainContext } from './expr-context.ts';
import { bindType } from './type.ts';

/** A table definition in the making. */
export interface Draft {
  columns: readonly CatalogColumn[];
  watermark: CatalogWatermark | null;
  primaryKey: CatalogPrimaryKey | null;
}

/** Adds the elements of a definition. @throws EngineError SQL-DDL, SQL-TYPE, SQL-COLUMN-UNKNOWN */
export function addElements(binder: Binder, draft: Draft, elements: readonly ast.TableElement[]): void {
  const stored = elements.filter((element) => element.kind === 'physical-column' || element.kind === 'metadata-column');
  const keys = keyColumns(elements);
  for (const element of stored) {
    const column = storedColumn(element);
    // Known before computed columns are bound: their types depend on it.
    const isKey = keys.has(column.name);
    addColumn(draft, isKey ? { ...column, type: notNull(column.type) } : column, element.span);
  }
  const visible = draft.columns.filter((column) => column.kind !== 'computed');
  for (const element of elements) {
    if (element.kind !== 'computed-column') continue;
    addColumn(draft, computedColumn(binder, element, visible), element.span);
  }
  restoreOrder(draft, elements);
  for (const element of elements) {
    if (element.kind === 'constraint') setPrimaryKey(draft, element, element.columns);
    if (element.kind === 'physical-column' && element.constraint !== undefined) {
      setPrimaryKey(draft, element.constraint, [element.name]);
    }
  }
  for (const element of elements) if (element.kind === 'watermark') setWatermark(binder, draft, element);
}

function keyColumns(elements: readonly ast.TableElement[]): ReadonlySet<string> {
  const names = elements.flatMap((element) => {
    if (element.kind === 'constraint') return element.columns.map((column) => column.name);
    return element.kind === 'physical-column' && element.constraint !== undefined ? [element.name.name] : [];
  });
  return new Set(names);
}

function storedColumn(element: ast.PhysicalColumn | ast.MetadataColumn): CatalogColumn {
  const name = element.name.name;
  const type = bindType(element.type);
  const comment = element.comment ?? null;
  if (element.kind === 'physical-column') return { kind: 'physical', name, type, comment };
  return { kind: 'metadata', name, type, key: element.from ?? null, isVirtual: element.virtual, comment };
}

function computedColumn(binder: Binder, element: ast.ComputedColumn, visible: readonly CatalogColumn[]): CatalogColumn {
  const expr = bindOver(binder, element.expr, visible, 'a computed column');
  return {
    kind: 'computed',
    name: element.name.name,
    type: expr.type,
    expression: sourceOf(binder, element.expr),
    comment: element.comment ?? null,
  };
}

function bindOver(binder: Binder, expr: ast.Expr, columns: readonly CatalogColumn[], clause: string) {
  const scope = {
    id: binder.nextScope(),
    columns: columns.map(({ name, type }, i) => ({ relation: [], name, expr: inputRef(i, type), visible: true })),
    outer: null,
  };
  const env: Environment = { ctes: new Map(), outer: null, namespace: ['', ''] };
  return bindExpr(expr, plainContext(binder, env, scope, clause));
}

/** The node and the text that it was read from. */
export function sourceOf(binder: Binder, node: { readonly span: Span }): Source {
  const { offset, length } = node.span;
  return { text: binder.context.text.slice(offset, offset + length), syntax: node };
}

export function addColumn(draft: Draft, column: CatalogColumn, span: Span): void {
  if (draft.columns.some((known) => known.name === column.name)) {
    const what = { physical: 'regular', computed: 'generated', metadata: 'metadata' }[column.kind];
    throw new EngineError('SQL-DDL', `a ${what} column named '${column.name}' already exists in the table`, { span });
  }
  draft.columns = [...draft.columns, column];
}

/** Computed columns were added last; columns stand as they are written. */
function restoreOrder(draft: Draft, elements: readonly ast.TableElement[]): void {
  const written = elements.flatMap((element) =>
    'name' in element && element.kind !== 'constraint' ? [element.name!.name] : [],
  );
  const before = draft.columns.filter((column) => !written.includes(column.name));
  const own = written.map((name) => draft.columns.find((column) => column.name === name)!);
  draft.columns = [...before, ...own];
}

function setPrimaryKey(draft: Draft, node: ast.Constraint, columns: readonly ast.Identifier[]): void {
  if (node.type === 'UNIQUE') throw notSupported('a UNIQUE constraint', node.span);
  if (node.enforced !== false) {
    throw new EngineError(
      'SQL-DDL',
      "flink doesn't support ENFORCED mode for PRIMARY KEY constraint: the data is not owned, so keys are not checked",
      { span: node.span, hint: 'write PRIMARY KEY (…) NOT ENFORCED' },
    );
  }
  if (draft.primaryKey !== null)
    throw new EngineError('SQL-DDL', 'duplicate primary key definition', { span: node.span });
  const names = draft.columns.map((column) => column.name);
  for (const { name, span } of columns) {
    const found = draft.columns.find((column) => column.name === name);
    if (found === undefined) {
      throw new EngineError('SQL-DDL', `primary key column '${name}' is not defined in the schema`, {
        span,
        hint: didYouMean(name, names),
      });
    }
    if (found.kind !== 'physical') {
      throw new EngineError('SQL-DDL', `primary key column '${name}' is not a physical column`, { span });
    }
  }
  const key = columns.map((column) => column.name);
  const repeated = key.find((name, i) => key.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new EngineError('SQL-DDL', `primary key column '${repeated}' is named twice`, { span: node.span });
  }
  draft.primaryKey = { name: node.name?.name ?? `PK_${key.join('_')}`, columns: key };
  draft.columns = draft.columns.map((column) =>
    key.includes(column.name) ? { ...column, type: notNull(column.type) } : column,
  );
}

export function setWatermark(binder: Binder, draft: Draft, node: ast.Watermark): void {
  if (draft.watermark !== null) {
    throw new EngineError('SQL-DDL', 'multiple WATERMARK declarations are not supported', { span: node.span });
  }
  const rowtime = node.column.parts.map((part) => part.name);
  if (rowtime.length > 1) throw notSupported('a watermark on a nested field', node.column.span);
  const column = draft.columns.find(({ name }) => name === rowtime[0]);
  if (column === undefined) {
    const message = `the rowtime attribute field '${rowtime[0]}' is not defined in the table schema`;
    const hint = didYouMean(
      rowtime[0]!,
      draft.columns.map(({ name }) => name),
    );
    throw new EngineError('SQL-DDL', message, { span: node.column.span, hint });
  }
  requireTime('time field for watermark definition', 'time field', column.type, node.column.span);
  const expr = bindOver(binder, node.expr, draft.columns, 'WATERMARK');
  requireTime('watermark expression', 'watermark expression', expr.type, node.expr.span);
  draft.watermark = { rowtime, expression: sourceOf(binder, node.expr), type: expr.type };
}

function requireTime(what: string, short: string, type: DataType, span: Span): void {
  if (isTimestamp(type) && type.precision <= 3) return;
  throw new EngineError(
    'SQL-DDL',
    `invalid data type of ${what}: it must be of type TIMESTAMP(p) or TIMESTAMP_LTZ(p), ` +
      `the supported precision 'p' is from 0 to 3, but the ${short} type is ${printType(type)}`,
    { span },
  );
}

/** @throws EngineError SQL-DDL if a partition or bucket column does not exist */
export function checkColumns(
  columns: readonly CatalogColumn[],
  named: readonly ast.Identifier[],
  what: string,
): string[] {
  const names = columns.map((column) => column.name);
  return named.map(({ name, span }) => {
    if (names.includes(name)) return name;
    throw new EngineError('SQL-DDL', `${what} column '${name}' not defined in the table schema`, {
      span,
      hint: didYouMean(name, names) ?? `columns are ${names.join(', ')}`,
    });
  });
}

export function distributionOf(
  columns: readonly CatalogColumn[],
  node: ast.Distribution | undefined,
): CatalogDistribution | null {
  if (node === undefined) return null;
  return {
    kind: node.by ?? 'UNKNOWN',
    columns: checkColumns(columns, node.columns, 'bucket'),
    buckets: node.buckets ?? null,
  };
}

/** After columns went or changed: key and watermark must still name columns. */
export function checkReferences(table: CatalogTable, dropped: string, span: Span): void {
  const users: string[] = [];
  if (table.primaryKey?.columns.includes(dropped)) users.push('the primary key');
  if (table.watermark?.rowtime[0] === dropped) users.push('the watermark');
  if (table.partitionKeys.includes(dropped)) users.push('PARTITIONED BY');
  if (users.length === 0) return;
  throw new EngineError('SQL-DDL', `column '${dropped}' is used by ${users.join(' and ')}`, { span });
}
