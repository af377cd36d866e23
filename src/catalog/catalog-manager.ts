/**
 * All catalogs of a session, what is current, and temporary objects, which hide permanent ones of the same name.
 * Resolves names of one to three parts. Flink: CatalogManager.
 */
import { EngineError, type Span } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import {
  type CatalogBaseTable,
  type CatalogDatabase,
  type CatalogFunction,
  dottedPath,
  type ObjectIdentifier,
  quotedPath,
} from './catalog-table.ts';
import { GenericInMemoryCatalog } from './in-memory-catalog.ts';

const DEFAULT_CATALOG = 'default_catalog';
const DEFAULT_DATABASE = 'default_database';

export interface FoundTable {
  readonly path: ObjectIdentifier;
  readonly table: CatalogBaseTable;
  readonly isTemporary: boolean;
}

export interface CreateOptions {
  readonly isTemporary: boolean;
  /** Keep what is there without an error. */
  readonly ignoreIfExists: boolean;
  /** Put the new object in the place of the old one. */
  readonly replace?: boolean;
  readonly span?: Span | undefined;
}

export class CatalogManager {
  readonly #catalogs = new Map<string, GenericInMemoryCatalog>();
  readonly #catalogOptions = new Map<string, Readonly<Record<string, string>>>();
  readonly #temporaryTables = new Map<string, CatalogBaseTable>();
  readonly #temporaryFunctions = new Map<string, CatalogFunction>();
  #currentCatalog = DEFAULT_CATALOG;
  #currentDatabase = DEFAULT_DATABASE;

  constructor() {
    this.#catalogs.set(DEFAULT_CATALOG, new GenericInMemoryCatalog(DEFAULT_CATALOG, DEFAULT_DATABASE));
  }

  get currentCatalog(): string {
    return this.#currentCatalog;
  }

  get currentDatabase(): string {
    return this.#currentDatabase;
  }

  // ── catalogs ──

  listCatalogs(): readonly string[] {
    return [...this.#catalogs.keys()].sort();
  }

  /** @throws EngineError SQL-CATALOG-UNKNOWN */
  catalog(name: string, span?: Span): GenericInMemoryCatalog {
    const catalog = this.#catalogs.get(name);
    if (catalog !== undefined) return catalog;
    throw new EngineError('SQL-CATALOG-UNKNOWN', `a catalog with name [${name}] does not exist`, {
      span,
      hint: didYouMean(name, this.#catalogs.keys()) ?? `catalogs are ${this.listCatalogs().join(', ')}`,
    });
  }

  catalogOptions(name: string): Readonly<Record<string, string>> {
    return this.#catalogOptions.get(name) ?? {};
  }

  /** @throws EngineError SQL-CATALOG-EXISTS; NOT-SUPPORTED for types other than generic_in_memory */
  createCatalog(
    name: string,
    options: Readonly<Record<string, string>>,
    choice: { readonly ignoreIfExists: boolean; readonly span?: Span | undefined },
  ): void {
    if (this.#catalogs.has(name)) {
      if (choice.ignoreIfExists) return;
      throw new EngineError('SQL-CATALOG-EXISTS', `catalog ${name} already exists`, { span: choice.span });
    }
    const type = options.type;
    if (type !== 'generic_in_memory') {
      const given = type === undefined ? "the option 'type' is missing" : `catalogs of type '${type}' are not built`;
      throw new EngineError('NOT-SUPPORTED', `cannot create catalog ${name}: ${given}`, {
        span: choice.span,
        hint: "use 'type' = 'generic_in_memory'",
      });
    }
    this.#catalogs.set(name, new GenericInMemoryCatalog(name, options['default-database'] ?? 'default'));
    this.#catalogOptions.set(name, options);
  }

  alterCatalog(name: string, options: Readonly<Record<string, string>>, span?: Span): void {
    this.catalog(name, span);
    this.#catalogOptions.set(name, options);
  }

  /** @throws EngineError SQL-CATALOG-UNKNOWN, SQL-CATALOG-IN-USE */
  dropCatalog(name: string, choice: { readonly ifExists: boolean; readonly span?: Span | undefined }): void {
    if (choice.ifExists && !this.#catalogs.has(name)) return;
    this.catalog(name, choice.span);
    if (name === this.#currentCatalog) {
      throw new EngineError('SQL-CATALOG-IN-USE', `cannot drop catalog ${name}, it is the current one`, {
        span: choice.span,
        hint: 'USE CATALOG another one first',
      });
    }
    this.#catalogs.delete(name);
    this.#catalogOptions.delete(name);
  }

  useCatalog(name: string, span?: Span): void {
    const catalog = this.catalog(name, span);
    this.#currentCatalog = name;
    this.#currentDatabase = catalog.defaultDatabase;
  }

  // ── databases ──

  /** One or two parts → catalog and database, which need not exist. */
  qualifyDatabase(parts: readonly string[]): readonly [string, string] {
    return parts.length === 1 ? [this.#currentCatalog, parts[0]!] : [parts[0]!, parts[1]!];
  }

  /** @throws EngineError SQL-CATALOG-UNKNOWN, SQL-DATABASE-UNKNOWN */
  database(path: readonly [string, string], span?: Span): CatalogDatabase {
    const catalog = this.catalog(path[0], span);
    const found = catalog.database(path[1]);
    if (found !== undefined) return found;
    throw new EngineError('SQL-DATABASE-UNKNOWN', `a database with name [${path[1]}] does not exist in ${path[0]}`, {
      span,
      hint: didYouMean(path[1], catalog.listDatabases()) ?? `databases are ${catalog.listDatabases().join(', ')}`,
    });
  }

  createDatabase(
    path: readonly [string, string],
    info: CatalogDatabase,
    choice: { readonly ignoreIfExists: boolean; readonly span?: Span | undefined },
  ): void {
    const catalog = this.catalog(path[0], choice.span);
    if (catalog.database(path[1]) !== undefined) {
      if (choice.ignoreIfExists) return;
      throw new EngineError('SQL-DATABASE-EXISTS', `database ${path[1]} already exists in catalog ${path[0]}`, {
        span: choice.span,
      });
    }
    catalog.createDatabase(path[1], info);
  }

  alterDatabase(path: readonly [string, string], info: CatalogDatabase, span?: Span): void {
    this.database(path, span);
    this.catalog(path[0]).alterDatabase(path[1], info);
  }

  dropDatabase(
    path: readonly [string, string],
    choice: { readonly ifExists: boolean; readonly cascade: boolean; readonly span?: Span | undefined },
  ): void {
    const catalog = this.catalog(path[0], choice.span);
    if (choice.ifExists && catalog.database(path[1]) === undefined) return;
    this.database(path, choice.span);
    const held = catalog.listTables(path[1]);
    if (held.length > 0 && !choice.cascade) {
      throw new EngineError('SQL-DATABASE-NOT-EMPTY', `database ${path[1]} in catalog ${path[0]} is not empty`, {
        span: choice.span,
        hint: `it holds ${held.join(', ')}; DROP DATABASE … CASCADE drops them too`,
      });
    }
    if (path[0] === this.#currentCatalog && path[1] === this.#currentDatabase) {
      throw new EngineError('SQL-DATABASE-IN-USE', `cannot drop database ${path[1]}, it is the current one`, {
        span: choice.span,
        hint: 'USE another one first',
      });
    }
    catalog.dropDatabase(path[1]);
  }

  useDatabase(path: readonly [string, string], span?: Span): void {
    this.database(path, span);
    this.#currentCatalog = path[0];
    this.#currentDatabase = path[1];
  }

  // ── tables and views ──

  /** One to three parts → full path, seen from `from` (default: what is current). */
  qualify(parts: readonly string[], from?: readonly [string, string]): ObjectIdentifier {
    const [catalog, database] = from ?? [this.#currentCatalog, this.#currentDatabase];
    if (parts.length === 1) return [catalog, database, parts[0]!];
    if (parts.length === 2) return [catalog, parts[0]!, parts[1]!];
    return [parts[0]!, parts[1]!, parts[2]!];
  }

  /** Temporary objects first. */
  find(path: ObjectIdentifier): FoundTable | undefined {
    const temporary = this.#temporaryTables.get(keyOf(path));
    if (temporary !== undefined) return { path, table: temporary, isTemporary: true };
    const table = this.#catalogs.get(path[0])?.table(path[1], path[2]);
    return table === undefined ? undefined : { path, table, isTemporary: false };
  }

  /** @throws EngineError SQL-TABLE-UNKNOWN with the nearest name */
  get(path: ObjectIdentifier, span?: Span): FoundTable {
    const found = this.find(path);
    if (found !== undefined) return found;
    throw this.unknownTable(path, span);
  }

  unknownTable(path: ObjectIdentifier, span?: Span): EngineError {
    const catalog = this.#catalogs.get(path[0]);
    const detail = { span, hint: this.#tableHint(path) };
    if (catalog === undefined || catalog.database(path[1]) === undefined) {
      const missing = catalog === undefined ? `catalog '${path[0]}'` : `database '${path[1]}'`;
      return new EngineError(
        'SQL-TABLE-UNKNOWN',
        `object '${dottedPath(path)}' not found: there is no ${missing}`,
        detail,
      );
    }
    return new EngineError('SQL-TABLE-UNKNOWN', `object '${path[2]}' not found`, detail);
  }

  #tableHint(path: ObjectIdentifier): string {
    const names = this.listTables([path[0], path[1]]);
    const meant = didYouMean(path[2], names);
    if (meant !== undefined) return meant;
    for (const [catalogName, catalog] of this.#catalogs) {
      for (const database of catalog.listDatabases()) {
        if (catalog.table(database, path[2]) === undefined) continue;
        return `there is one in ${quotedPath([catalogName, database])}`;
      }
    }
    if (names.length === 0) return `${path[0]}.${path[1]} holds no tables yet`;
    return `tables are ${names.slice(0, 12).join(', ')}${names.length > 12 ? ', …' : ''}`;
  }

  /** Tables and views, temporary ones included, in order of the alphabet. */
  listTables(path: readonly [string, string]): readonly string[] {
    const names = new Set(this.#catalogs.get(path[0])?.listTables(path[1]) ?? []);
    for (const name of this.listTemporary(path)) names.add(name);
    return [...names].sort();
  }

  listViews(path: readonly [string, string]): readonly string[] {
    return this.listTables(path).filter((name) => this.find([path[0], path[1], name])?.table.kind === 'view');
  }

  listTemporary(path: readonly [string, string]): readonly string[] {
    const prefix = keyOf([path[0], path[1], '']);
    return [...this.#temporaryTables.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length));
  }

  /** @throws EngineError SQL-TABLE-EXISTS, SQL-CATALOG-UNKNOWN, SQL-DATABASE-UNKNOWN */
  createTable(path: ObjectIdentifier, table: CatalogBaseTable, options: CreateOptions): void {
    this.database([path[0], path[1]], options.span);
    const existing = options.isTemporary
      ? this.#temporaryTables.get(keyOf(path))
      : this.catalog(path[0]).table(path[1], path[2]);
    if (existing !== undefined && options.replace !== true) {
      if (options.ignoreIfExists) return;
      const what = `${options.isTemporary ? 'temporary ' : ''}${existing.kind} ${quotedPath(path)} already exists`;
      throw new EngineError('SQL-TABLE-EXISTS', what, { span: options.span, hint: 'DROP it first, or IF NOT EXISTS' });
    }
    if (options.isTemporary) this.#temporaryTables.set(keyOf(path), table);
    else this.catalog(path[0]).putTable(path[1], path[2], table);
  }

  /** Puts the changed table where the old one was. */
  alterTable(path: ObjectIdentifier, table: CatalogBaseTable): void {
    if (this.#temporaryTables.has(keyOf(path))) this.#temporaryTables.set(keyOf(path), table);
    else this.catalog(path[0]).putTable(path[1], path[2], table);
  }

  /** @throws EngineError SQL-TABLE-EXISTS, SQL-TABLE-UNKNOWN */
  renameTable(path: ObjectIdentifier, name: string, span?: Span): void {
    const { table, isTemporary } = this.get(path, span);
    const target: ObjectIdentifier = [path[0], path[1], name];
    this.createTable(target, table, { isTemporary, ignoreIfExists: false, span });
    this.dropTable(path, { kind: table.kind, isTemporary, ifExists: false, span });
  }

  /** @throws EngineError SQL-TABLE-UNKNOWN, SQL-TABLE-KIND if a view is dropped as a table or the reverse */
  dropTable(
    path: ObjectIdentifier,
    choice: {
      readonly kind: 'table' | 'view';
      readonly isTemporary: boolean;
      readonly ifExists: boolean;
      readonly span?: Span | undefined;
    },
  ): void {
    const found = this.find(path);
    if (found === undefined || (choice.isTemporary && !found.isTemporary)) {
      if (choice.ifExists) return;
      throw this.unknownTable(path, choice.span);
    }
    if (found.table.kind !== choice.kind) {
      throw new EngineError('SQL-TABLE-KIND', `${quotedPath(path)} is a ${found.table.kind}, not a ${choice.kind}`, {
        span: choice.span,
        hint: `use DROP ${found.table.kind.toUpperCase()}`,
      });
    }
    if (found.isTemporary && !choice.isTemporary) {
      const kind = choice.kind;
      throw new EngineError(
        'SQL-TABLE-KIND',
        `temporary ${kind} with identifier '${quotedPath(path)}' exists. ` +
          `Drop it first before removing the permanent ${kind}`,
        { span: choice.span, hint: `DROP TEMPORARY ${kind.toUpperCase()} ${path[2]}` },
      );
    }
    if (found.isTemporary) this.#temporaryTables.delete(keyOf(path));
    else this.catalog(path[0]).dropTable(path[1], path[2]);
  }

  // ── functions ──

  createFunction(path: ObjectIdentifier, fn: CatalogFunction, options: CreateOptions): void {
    const existing = this.findFunction(path);
    if (existing !== undefined) {
      if (options.ignoreIfExists) return;
      throw new EngineError('SQL-FUNCTION-EXISTS', `function ${quotedPath(path)} already exists`, {
        span: options.span,
      });
    }
    if (options.isTemporary) this.#temporaryFunctions.set(keyOf(path), fn);
    else this.catalog(path[0], options.span).putFunction(path[1], path[2], fn);
  }

  findFunction(path: ObjectIdentifier): CatalogFunction | undefined {
    return this.#temporaryFunctions.get(keyOf(path)) ?? this.#catalogs.get(path[0])?.function(path[1], path[2]);
  }

  dropFunction(
    path: ObjectIdentifier,
    choice: { readonly isTemporary: boolean; readonly ifExists: boolean; readonly span?: Span | undefined },
  ): void {
    if (this.findFunction(path) === undefined) {
      if (choice.ifExists) return;
      throw new EngineError('SQL-FUNCTION-UNKNOWN', `function ${quotedPath(path)} does not exist`, {
        span: choice.span,
      });
    }
    if (choice.isTemporary) this.#temporaryFunctions.delete(keyOf(path));
    else this.catalog(path[0]).dropFunction(path[1], path[2]);
  }

  listFunctions(path: readonly [string, string]): readonly string[] {
    return this.#catalogs.get(path[0])?.listFunctions(path[1]) ?? [];
  }
}

const SEPARATOR = '\u0000';

function keyOf(path: ObjectIdentifier): string {
  return path.join(SEPARATOR);
}
