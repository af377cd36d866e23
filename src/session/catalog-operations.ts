/** Carries out on the catalog what the binder made of CREATE, ALTER and DROP. */
import type { Operation } from '../planner/bind/operation.ts';
import type { Session } from './session.ts';

export function carryOut({ catalogs }: Session, operation: Exclude<Operation, { readonly kind: 'session' }>): void {
  switch (operation.kind) {
    case 'create-table':
      catalogs.createTable(operation.path, operation.table, operation);
      return;
    case 'create-view':
      catalogs.createTable(operation.path, operation.view, operation);
      return;
    case 'create-database':
      catalogs.createDatabase(operation.path, operation.database, operation);
      return;
    case 'create-catalog':
      catalogs.createCatalog(operation.name, operation.options, operation);
      return;
    case 'create-function':
      catalogs.createFunction(operation.path, operation.fn, operation);
      return;
    case 'alter-table':
      catalogs.alterTable(operation.path, operation.table);
      return;
    case 'rename-table':
      catalogs.renameTable(operation.path, operation.to);
      return;
    case 'alter-database':
      catalogs.alterDatabase(operation.path, operation.database);
      return;
    case 'alter-catalog':
      catalogs.alterCatalog(operation.name, operation.options);
      return;
    case 'drop-table':
    case 'drop-view':
      catalogs.dropTable(operation.path, {
        kind: operation.kind === 'drop-table' ? 'table' : 'view',
        isTemporary: operation.isTemporary,
        ifExists: operation.ifExists,
      });
      return;
    case 'drop-database':
      catalogs.dropDatabase(operation.path, operation);
      return;
    case 'drop-catalog':
      catalogs.dropCatalog(operation.name, operation);
      return;
    case 'drop-function':
      catalogs.dropFunction(operation.path, operation);
      return;
    case 'nothing':
      return;
  }
}
