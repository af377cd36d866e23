/**
 * A catalog that lives as long as the session: databases, their tables and views, functions. Flink:
 * GenericInMemoryCatalog.
 */
import type { CatalogBaseTable, CatalogDatabase, CatalogFunction } from './catalog-table.ts';

interface DatabaseContents {
  info: CatalogDatabase;
  readonly tables: Map<string, CatalogBaseTable>;
  readonly functions: Map<string, CatalogFunction>;
}

/** Names are compared exactly. What is missing is `undefined`; the manager makes the errors. */
export class GenericInMemoryCatalog {
  readonly name: string;
  readonly defaultDatabase: string;
  readonly #databases = new Map<string, DatabaseContents>();

  constructor(name: string, defaultDatabase = 'default') {
    this.name = name;
    this.defaultDatabase = defaultDatabase;
    this.createDatabase(defaultDatabase, { comment: null, options: {} });
  }

  /** In order of the alphabet. */
  listDatabases(): readonly string[] {
    return [...this.#databases.keys()].sort();
  }

  database(name: string): CatalogDatabase | undefined {
    return this.#databases.get(name)?.info;
  }

  createDatabase(name: string, info: CatalogDatabase): void {
    this.#databases.set(name, { info, tables: new Map(), functions: new Map() });
  }

  alterDatabase(name: string, info: CatalogDatabase): void {
    const contents = this.#databases.get(name);
    if (contents !== undefined) contents.info = info;
  }

  dropDatabase(name: string): void {
    this.#databases.delete(name);
  }

  /** Tables and views, in order of the alphabet. */
  listTables(database: string): readonly string[] {
    return [...(this.#databases.get(database)?.tables.keys() ?? [])].sort();
  }

  table(database: string, name: string): CatalogBaseTable | undefined {
    return this.#databases.get(database)?.tables.get(name);
  }

  /** Creates or replaces. */
  putTable(database: string, name: string, table: CatalogBaseTable): void {
    this.#databases.get(database)?.tables.set(name, table);
  }

  dropTable(database: string, name: string): void {
    this.#databases.get(database)?.tables.delete(name);
  }

  listFunctions(database: string): readonly string[] {
    return [...(this.#databases.get(database)?.functions.keys() ?? [])].sort();
  }

  function(database: string, name: string): CatalogFunction | undefined {
    return this.#databases.get(database)?.functions.get(name);
  }

  putFunction(database: string, name: string, fn: CatalogFunction): void {
    this.#databases.get(database)?.functions.set(name, fn);
  }

  dropFunction(database: string, name: string): void {
    this.#databases.get(database)?.functions.delete(name);
  }
}
