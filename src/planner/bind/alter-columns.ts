/** ALTER TABLE ADD, MODIFY, DROP and RENAME of columns, key, watermark and distribution. */
import { EngineError, notSupported, type Span } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { CatalogColumn, CatalogTable } from '../../catalog/catalog-table.ts';
import type * as ast from '../../sql/ast.ts';
import type { Binder } from './binder.ts';
import { addElements, checkReferences, type Draft, distributionOf } from './table-definition.ts';

type ColumnAction = Extract<
  ast.AlterTableAction,
  { type: 'add' | 'modify' | 'drop-columns' | 'rename-column' | 'add-distribution' | 'modify-distribution' }
>;

export function alterColumns(binder: Binder, table: CatalogTable, action: ColumnAction, span: Span): CatalogTable {
  switch (action.type) {
    case 'add':
      return addOrModify(binder, table, action.elements, false);
    case 'modify':
      return addOrModify(binder, table, action.elements, true);
    case 'drop-columns':
      return dropColumns(table, action.columns);
    case 'rename-column':
      return renameColumn(table, single(action.from), action.to);
    default:
      if (action.type === 'add-distribution' && table.distribution !== null) {
        throw new EngineError('SQL-DDL', 'the table already has a distribution', { span, hint: 'use MODIFY' });
      }
      return { ...table, distribution: distributionOf(table.columns, action.distribution) };
  }
}

function single(name: ast.QualifiedName): ast.Identifier {
  if (name.parts.length > 1) throw notSupported('altering a nested column', name.span);
  return name.parts[0]!;
}

function existing(columns: readonly CatalogColumn[], { name, span }: ast.Identifier): CatalogColumn {
  const found = columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  const names = columns.map((column) => column.name);
  throw new EngineError('SQL-COLUMN-UNKNOWN', `column '${name}' does not exist in the table`, {
    span,
    hint: didYouMean(name, names) ?? `columns are ${names.join(', ')}`,
  });
}

function addOrModify(
  binder: Binder,
  table: CatalogTable,
  elements: readonly ast.AlteredElement[],
  modify: boolean,
): CatalogTable {
  const order = table.columns.map((column) => column.name);
  const draft: Draft = { columns: table.columns, watermark: table.watermark, primaryKey: table.primaryKey };
  if (modify) takeOut(draft, elements);
  addElements(
    binder,
    draft,
    elements.map(({ element }) => element),
  );
  for (const { element, position } of elements) {
    if (element.kind === 'watermark' || element.kind === 'constraint') continue;
    place(order, element.name.name, position, draft.columns);
  }
  const columns = order.map((name) => draft.columns.find((column) => column.name === name)!);
  return { ...table, columns, watermark: draft.watermark, primaryKey: draft.primaryKey };
}

/** What is modified is defined anew. */
function takeOut(draft: Draft, elements: readonly ast.AlteredElement[]): void {
  for (const { element } of elements) {
    if (element.kind === 'watermark') {
      if (draft.watermark === null)
        throw new EngineError('SQL-DDL', 'the table has no watermark', { span: element.span });
      draft.watermark = null;
    } else if (element.kind === 'constraint') {
      if (draft.primaryKey === null)
        throw new EngineError('SQL-DDL', 'the table has no primary key', { span: element.span });
      draft.primaryKey = null;
    } else {
      const old = existing(draft.columns, element.name);
      draft.columns = draft.columns.filter((column) => column !== old);
    }
  }
}

function place(
  order: string[],
  name: string,
  position: ast.ColumnPosition | undefined,
  columns: readonly CatalogColumn[],
): void {
  const old = order.indexOf(name);
  if (position === undefined) {
    if (old < 0) order.push(name);
    return;
  }
  if (old >= 0) order.splice(old, 1);
  if (position.place === 'FIRST') {
    order.unshift(name);
    return;
  }
  const before = existing(columns, single(position.column)).name;
  order.splice(order.indexOf(before) + 1, 0, name);
}

function dropColumns(table: CatalogTable, names: readonly ast.QualifiedName[]): CatalogTable {
  const dropped = names.map((name) => {
    const identifier = single(name);
    existing(table.columns, identifier);
    checkReferences(table, identifier.name, identifier.span);
    return identifier.name;
  });
  const columns = table.columns.filter((column) => !dropped.includes(column.name));
  if (columns.length > 0) return { ...table, columns };
  throw new EngineError('SQL-DDL', 'a table must keep a column', { span: names[0]!.span });
}

/** Computed columns and watermarks are kept as syntax: what they name cannot be renamed under them. */
function renameColumn(table: CatalogTable, from: ast.Identifier, to: ast.Identifier): CatalogTable {
  const old = existing(table.columns, from);
  if (table.columns.some((column) => column.name === to.name)) {
    throw new EngineError('SQL-DDL', `column '${to.name}' already exists in the table`, { span: to.span });
  }
  const expressions = table.columns.flatMap((column) => (column.kind === 'computed' ? [column.expression.syntax] : []));
  if (table.watermark !== null) expressions.push(table.watermark.expression.syntax);
  if (table.watermark?.rowtime[0] === old.name || expressions.some((expr) => names(expr, old.name))) {
    throw new EngineError('SQL-DDL', `column '${old.name}' is used by a computed column or the watermark`, {
      span: from.span,
    });
  }
  const rename = (name: string): string => (name === old.name ? to.name : name);
  const { primaryKey } = table;
  return {
    ...table,
    columns: table.columns.map((column) => (column === old ? { ...column, name: to.name } : column)),
    primaryKey: primaryKey === null ? null : { ...primaryKey, columns: primaryKey.columns.map(rename) },
    partitionKeys: table.partitionKeys.map(rename),
  };
}

/** Does the syntax tree hold an identifier of this name? */
function names(syntax: unknown, name: string): boolean {
  if (typeof syntax !== 'object' || syntax === null) return false;
  if ('kind' in syntax && syntax.kind === 'identifier') return 'name' in syntax && syntax.name === name;
  return Object.values(syntax).some((part) => names(part, name));
}
