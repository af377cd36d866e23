/** Makes the `values` tables of a session insert-only: what their changes come to. BATCH reads no others. */
import type { CatalogTable } from '../catalog/catalog-table.ts';
import type { ObjectPath } from '../planner/logical.ts';
import type { Json } from '../types/json.ts';
import type { Session } from './session.ts';

type JsonChange = readonly [kind: string, row: { readonly [column: string]: Json }];

export function foldUpdatingTables({ catalogs }: Session): void {
  for (const [path, table] of updatingTables(catalogs)) catalogs.alterTable(path, folded(table));
}

/** Does a table take back a row that it never had? Folding leaves that out. */
export function takesBackUnknownRows({ catalogs }: Session): boolean {
  return updatingTables(catalogs).some(([, table]) => foldJson(changesOf(table), keyOf(table)).unknown > 0);
}

function updatingTables(catalogs: Session['catalogs']): readonly (readonly [ObjectPath, CatalogTable])[] {
  const found: (readonly [ObjectPath, CatalogTable])[] = [];
  for (const catalog of catalogs.listCatalogs()) {
    for (const database of catalogs.catalog(catalog).listDatabases()) {
      for (const name of catalogs.listTables([catalog, database])) {
        const path = [catalog, database, name] as const;
        const table = catalogs.find(path)?.table;
        if (table?.kind === 'table' && isUpdating(table)) found.push([path, table]);
      }
    }
  }
  return found;
}

function isUpdating({ options }: CatalogTable): boolean {
  return options.connector === 'values' && options.rows !== undefined && (options['changelog-mode'] ?? 'I') !== 'I';
}

function folded(table: CatalogTable): CatalogTable {
  const { rows: _rows, 'changelog-mode': _mode, 'key-only-deletes': _keyOnly, ...options } = table.options;
  const { changes } = foldJson(changesOf(table), keyOf(table));
  return { ...table, options: { ...options, rows: JSON.stringify(changes) } };
}

function changesOf({ options }: CatalogTable): readonly JsonChange[] {
  return JSON.parse(options.rows ?? '[]') as readonly JsonChange[];
}

/** Upserts are found by key; rows that are taken back by -U are found as they are. */
function keyOf({ options, primaryKey }: CatalogTable): readonly string[] | null {
  return options['changelog-mode']?.includes('UB') === true ? null : (primaryKey?.columns ?? null);
}

/** Without a key -U and -D remove the first equal row; with one they remove by it. */
function foldJson(
  changes: readonly JsonChange[],
  key: readonly string[] | null,
): { readonly changes: readonly JsonChange[]; readonly unknown: number } {
  const identity = (row: JsonChange[1]): string =>
    JSON.stringify(key === null ? Object.entries(row).sort() : key.map((column) => row[column] ?? null));
  const kept: { readonly id: string; row: JsonChange[1] }[] = [];
  let unknown = 0;
  for (const [kind, row] of changes) {
    const id = identity(row);
    const at = kept.findIndex((entry) => entry.id === id);
    if (kind === '-U' || kind === '-D') {
      if (at >= 0) kept.splice(at, 1);
      else unknown++;
    } else if (key !== null && at >= 0) kept[at] = { id, row };
    else kept.push({ id, row });
  }
  return { changes: kept.map(({ row }) => ['+I', row]), unknown };
}
