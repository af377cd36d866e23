/**
 * Catalogs, databases and tables of a session: names, temporary objects, and what is said when something is not there.
 */
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../../src/base/errors.ts';
import { CatalogManager } from '../../../src/catalog/catalog-manager.ts';
import type { CatalogTable, CatalogView } from '../../../src/catalog/catalog-table.ts';
import { INT } from '../../../src/types/data-type.ts';

const TABLE: CatalogTable = {
  kind: 'table',
  columns: [{ kind: 'physical', name: 'a', type: INT, comment: null }],
  watermark: null,
  primaryKey: null,
  partitionKeys: [],
  distribution: null,
  comment: null,
  options: {},
};
const VIEW: CatalogView = {
  kind: 'view',
  columns: [],
  query: { text: '', syntax: null },
  definedIn: ['default_catalog', 'default_database'],
  comment: null,
};
const PERMANENT = { isTemporary: false, ignoreIfExists: false };
const TEMPORARY = { isTemporary: true, ignoreIfExists: false };

function errorOf(body: () => unknown): { readonly code: string; readonly message: string; readonly hint?: string } {
  try {
    body();
  } catch (error) {
    if (error instanceof EngineError) {
      return {
        code: error.code,
        message: error.message,
        ...(error.detail.hint === undefined ? {} : { hint: error.detail.hint }),
      };
    }
    throw error;
  }
  throw new Error('no error');
}

describe('names', () => {
  test('one to three parts, from what is current', () => {
    const manager = new CatalogManager();
    expect(manager.qualify(['t'])).toEqual(['default_catalog', 'default_database', 't']);
    expect(manager.qualify(['d', 't'])).toEqual(['default_catalog', 'd', 't']);
    expect(manager.qualify(['c', 'd', 't'])).toEqual(['c', 'd', 't']);
    manager.createDatabase(['default_catalog', 'sales'], { comment: null, options: {} }, { ignoreIfExists: false });
    manager.useDatabase(['default_catalog', 'sales']);
    expect(manager.qualify(['t'])).toEqual(['default_catalog', 'sales', 't']);
  });

  test('using a catalog uses its default database', () => {
    const manager = new CatalogManager();
    manager.createCatalog('mine', { type: 'generic_in_memory', 'default-database': 'd' }, { ignoreIfExists: false });
    manager.useCatalog('mine');
    expect([manager.currentCatalog, manager.currentDatabase]).toEqual(['mine', 'd']);
    expect(errorOf(() => manager.dropCatalog('mine', { ifExists: false })).code).toBe('SQL-CATALOG-IN-USE');
  });
});

describe('tables', () => {
  const path = ['default_catalog', 'default_database', 'orders'] as const;

  test('a temporary table hides a permanent one until it is dropped', () => {
    const manager = new CatalogManager();
    manager.createTable(path, TABLE, PERMANENT);
    manager.createTable(path, { ...TABLE, comment: 'temporary' }, TEMPORARY);
    expect(manager.get(path)).toMatchObject({ isTemporary: true, table: { comment: 'temporary' } });
    const permanent = { kind: 'table', isTemporary: false, ifExists: false } as const;
    expect(errorOf(() => manager.dropTable(path, permanent)).hint).toBe('DROP TEMPORARY TABLE orders');
    manager.dropTable(path, { ...permanent, isTemporary: true });
    expect(manager.get(path).isTemporary).toBe(false);
    expect(manager.listTables(['default_catalog', 'default_database'])).toEqual(['orders']);
  });

  test('what exists is not made again, unless told so', () => {
    const manager = new CatalogManager();
    manager.createTable(path, TABLE, PERMANENT);
    expect(errorOf(() => manager.createTable(path, TABLE, PERMANENT)).code).toBe('SQL-TABLE-EXISTS');
    manager.createTable(path, { ...TABLE, comment: 'ignored' }, { ...PERMANENT, ignoreIfExists: true });
    expect(manager.get(path).table.comment).toBeNull();
    manager.createTable(path, { ...TABLE, comment: 'new' }, { ...PERMANENT, replace: true });
    expect(manager.get(path).table.comment).toBe('new');
  });

  test('a view is not dropped as a table', () => {
    const manager = new CatalogManager();
    manager.createTable(path, VIEW, PERMANENT);
    const error = errorOf(() => manager.dropTable(path, { kind: 'table', isTemporary: false, ifExists: true }));
    expect(error).toMatchObject({ code: 'SQL-TABLE-KIND', hint: 'use DROP VIEW' });
    expect(manager.listViews(['default_catalog', 'default_database'])).toEqual(['orders']);
  });

  test('renaming keeps the table, and takes no name that is taken', () => {
    const manager = new CatalogManager();
    manager.createTable(path, TABLE, PERMANENT);
    manager.renameTable(path, 'purchases');
    expect(manager.find(path)).toBeUndefined();
    manager.createTable(path, TABLE, PERMANENT);
    expect(errorOf(() => manager.renameTable(path, 'purchases')).code).toBe('SQL-TABLE-EXISTS');
  });

  test('a missing table: the nearest name, the database that has it, or what there is', () => {
    const manager = new CatalogManager();
    const missing = (name: string) => errorOf(() => manager.get(['default_catalog', 'default_database', name])).hint;
    expect(missing('x')).toBe('default_catalog.default_database holds no tables yet');
    manager.createTable(path, TABLE, PERMANENT);
    expect(missing('ordres')).toBe("did you mean 'orders'?");
    expect(missing('zzz')).toBe('tables are orders');
    manager.createDatabase(['default_catalog', 'other'], { comment: null, options: {} }, { ignoreIfExists: false });
    manager.createTable(['default_catalog', 'other', 'stock'], TABLE, PERMANENT);
    expect(missing('stock')).toBe('there is one in `default_catalog`.`other`');
    expect(errorOf(() => manager.get(['nope', 'd', 't'])).message).toContain("there is no catalog 'nope'");
  });
});

describe('databases', () => {
  test('one with tables goes only with CASCADE', () => {
    const manager = new CatalogManager();
    const path = ['default_catalog', 'd'] as const;
    manager.createDatabase(path, { comment: null, options: {} }, { ignoreIfExists: false });
    manager.createTable([...path, 't'], TABLE, PERMANENT);
    expect(errorOf(() => manager.dropDatabase(path, { ifExists: false, cascade: false })).code).toBe(
      'SQL-DATABASE-NOT-EMPTY',
    );
    manager.dropDatabase(path, { ifExists: false, cascade: true });
    expect(manager.find([...path, 't'])).toBeUndefined();
    expect(errorOf(() => manager.useDatabase(path)).code).toBe('SQL-DATABASE-UNKNOWN');
  });
});
