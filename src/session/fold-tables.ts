/** Makes the `values` tables of a session insert-only: what their changes come to. BATCH reads no others. */
import type { CatalogTable } from '../catalog/catalog-table.ts';
import type { Json } from '../types/json.ts';
import type { Session } from './session.ts';

type JsonChange = readonly [kind: string, row: { readonly [column: string]: Json }];

export function foldUpdatingTables({ catalogs }: Session): void {
  for (const catalog of catalogs.listCatalogs()) {
    for (const database of catalogs.catalog(catalog).listDatabases()) {
      for (const name of catalogs.listTables([catalog, database])) {
        const path = [catalog, database, name] as const;
        const table = catalogs.find(path)?.table;
        if (table?.kind === 'table' && isUpdating(table)) catalogs.alterTable(path, folded(table));
      }
    }
  }
}

function isUpdating({ options }: CatalogTable): boolean {
  return options.connector === 'values' && options.rows !== undefined && (options['changelog-mode'] ?? 'I') !== 'I';
}

function folded(table: CatalogTable): CatalogTable {
  const { rows = '[]', 'changelog-mode': mode = 'I', 'key-only-deletes': _keyOnly, ...options } = table.options;
  // Upserts are found by key; rows that are taken back by -U are found as they are.
  const key = mode.includes('UB') ? null : (table.primaryKey?.columns ?? null);
  const changes = foldJson(JSON.parse(rows) as readonly JsonChange[], key);
  return { ...table, options: { ...options, rows: JSON.stringify(changes) } };
}

/** Without a key -U and -D remove the first equal row; with one they remove by it. */
function foldJson(changes: readonly JsonChange[], key: readonly string[] | null): readonly JsonChange[] {
  const identity = (row: JsonChange[1]): string =>
    JSON.stringify(key === null ? Object.entries(row).sort() : key.map((column) => row[column] ?? null));
  const kept: { readonly id: string; row: JsonChange[1] }[] = [];
  for (const [kind, row] of changes) {
    const id = identity(row);
    const at = kept.findIndex((entry) => entry.id === id);
    if (kind === '-U' || kind === '-D') {
      if (at >= 0) kept.splice(at, 1);
    } else if (key !== null && at >= 0) kept[at] = { id, row };
    else kept.push({ id, row });
  }
  return kept.map(({ row }) => ['+I', row]);
}
