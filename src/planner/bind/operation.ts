/**
 * What statements other than queries ask the session to do: names resolved, types resolved, options merged. Plain data,
 * which the session carries out on the catalog (src/catalog) in the order given.
 */
import type {
  CatalogDatabase,
  CatalogFunction,
  CatalogTable,
  CatalogView,
  ObjectIdentifier,
} from '../../catalog/catalog-table.ts';
import type { Statement } from '../../sql/ast.ts';

export type Operation =
  | {
      readonly kind: 'create-table';
      readonly path: ObjectIdentifier;
      readonly table: CatalogTable;
      readonly isTemporary: boolean;
      readonly ignoreIfExists: boolean;
      readonly replace: boolean;
    }
  | {
      readonly kind: 'create-view';
      readonly path: ObjectIdentifier;
      readonly view: CatalogView;
      readonly isTemporary: boolean;
      readonly ignoreIfExists: boolean;
    }
  | {
      readonly kind: 'create-database';
      readonly path: readonly [string, string];
      readonly database: CatalogDatabase;
      readonly ignoreIfExists: boolean;
    }
  | {
      readonly kind: 'create-catalog';
      readonly name: string;
      readonly options: Readonly<Record<string, string>>;
      readonly comment: string | null;
      readonly ignoreIfExists: boolean;
    }
  | {
      readonly kind: 'create-function';
      readonly path: ObjectIdentifier;
      readonly fn: CatalogFunction;
      readonly isTemporary: boolean;
      readonly ignoreIfExists: boolean;
    }
  /** The table as it is after the change. */
  | { readonly kind: 'alter-table'; readonly path: ObjectIdentifier; readonly table: CatalogTable | CatalogView }
  | { readonly kind: 'rename-table'; readonly path: ObjectIdentifier; readonly to: string }
  | { readonly kind: 'alter-database'; readonly path: readonly [string, string]; readonly database: CatalogDatabase }
  | {
      readonly kind: 'alter-catalog';
      readonly name: string;
      readonly options: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'drop-table' | 'drop-view';
      readonly path: ObjectIdentifier;
      readonly isTemporary: boolean;
      readonly ifExists: boolean;
    }
  | {
      readonly kind: 'drop-database';
      readonly path: readonly [string, string];
      readonly ifExists: boolean;
      readonly cascade: boolean;
    }
  | { readonly kind: 'drop-catalog'; readonly name: string; readonly ifExists: boolean }
  | {
      readonly kind: 'drop-function';
      readonly path: ObjectIdentifier;
      readonly isTemporary: boolean;
      readonly ifExists: boolean;
    }
  /** ALTER … IF EXISTS of what is not there. */
  | { readonly kind: 'nothing' }
  /** SHOW, DESCRIBE, USE, SET and the like: they need nothing bound. */
  | { readonly kind: 'session'; readonly statement: Statement };
