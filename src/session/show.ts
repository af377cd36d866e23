/** SHOW statements: what the session and its catalogs hold, as rows. */
import { EngineError, notSupported } from '../base/errors.ts';
import { functions } from '../expr/functions/index.ts';
import type { QualifiedName, Show, ShowCreate } from '../sql/ast.ts';
import { nullable, STRING } from '../types/data-type.ts';
import { schemaOf } from '../types/schema.ts';
import { describeColumns, escapeText, showCreateTable, showCreateView } from './describe.ts';
import { likePattern } from './like-pattern.ts';
import type { Session } from './session.ts';
import { rowsResult, type TableResult, textResult } from './table-result.ts';

/** One or more columns of text. */
export function textRows(columns: readonly string[], rows: readonly (readonly (string | null)[])[]): TableResult {
  return rowsResult(schemaOf(columns.map((name) => ({ name, type: nullable(STRING) }))), rows);
}

export function show(session: Session, statement: Show): TableResult {
  const matches = likeFilter(statement);
  const names = (column: string, list: readonly string[]): TableResult =>
    textRows(
      [column],
      list.filter(matches).map((name) => [name]),
    );
  const { catalogs } = session;
  switch (statement.what) {
    case 'CATALOGS':
      return names('catalog name', catalogs.listCatalogs());
    case 'DATABASES':
      return names('database name', databasesOf(session, statement));
    case 'TABLES':
      return names('table name', catalogs.listTables(databasePath(session, statement)));
    case 'MATERIALIZED TABLES':
      databasePath(session, statement);
      return names('table name', []);
    case 'VIEWS':
      return names('view name', catalogs.listViews(databasePath(session, statement)));
    case 'COLUMNS': {
      const path = catalogs.qualify(partsOf(statement.from as QualifiedName));
      const { schema, rows } = describeColumns(catalogs.get(path, statement.from?.span).table, matches);
      return rowsResult(schema, rows);
    }
    case 'FUNCTIONS':
      return names('function name', [...builtInFunctions(), ...userFunctions(session, statement)].sort());
    case 'USER FUNCTIONS':
      return names('function name', userFunctions(session, statement));
    case 'MODULES':
      return names('module name', session.modules);
    case 'FULL MODULES':
      return rowsOfModules(session);
    case 'JARS':
      return names('jars', []);
    case 'JOBS':
      return textRows(
        ['job id', 'job name', 'status', 'start time'],
        session.jobs.map(({ id, name, status, startTime }) => [id, name, status, isoTime(startTime)]),
      );
    case 'PROCEDURES':
    case 'PARTITIONS':
    case 'MODELS':
    case 'CONNECTIONS':
      throw notSupported(`SHOW ${statement.what}`, statement.span);
  }
}

export function showCreate(session: Session, statement: ShowCreate): TableResult {
  const { catalogs } = session;
  const { span, parts } = statement.name;
  if (statement.what === 'CATALOG') {
    const name = parts[0]?.name ?? '';
    catalogs.catalog(name, span);
    const options = Object.entries({ type: 'generic_in_memory', ...catalogs.catalogOptions(name) });
    const lines = options.map(([key, value]) => `  '${escapeText(key)}' = '${escapeText(value)}'`);
    return textResult(`CREATE CATALOG \`${name}\`\nWITH (\n${lines.join(',\n')}\n)\n`);
  }
  if (statement.what !== 'TABLE' && statement.what !== 'VIEW')
    throw notSupported(`SHOW CREATE ${statement.what}`, span);
  const path = catalogs.qualify(parts.map(({ name }) => name));
  const { table, isTemporary } = catalogs.get(path, span);
  if (table.kind !== statement.what.toLowerCase()) {
    throw new EngineError(
      'SQL-TABLE-KIND',
      `${path.join('.')} is a ${table.kind}, not a ${statement.what.toLowerCase()}`,
      {
        span,
        hint: `use SHOW CREATE ${table.kind.toUpperCase()}`,
      },
    );
  }
  const text =
    table.kind === 'table' ? showCreateTable(path, table, isTemporary) : showCreateView(path, table, isTemporary);
  return textResult(text);
}

function likeFilter({ like }: Show): (name: string) => boolean {
  if (like === undefined) return () => true;
  const pattern = likePattern(like.pattern, like.op === 'ILIKE');
  return (name) => pattern.test(name) !== like.negated;
}

/** FROM or IN a database, else the current one; it must exist. */
function databasePath(session: Session, { from, span }: Show): readonly [string, string] {
  const { catalogs } = session;
  const path = from === undefined ? currentDatabase(session) : catalogs.qualifyDatabase(partsOf(from));
  catalogs.database(path, from?.span ?? span);
  return path;
}

function databasesOf(session: Session, { from, span }: Show): readonly string[] {
  const { catalogs } = session;
  return catalogs.catalog(from?.parts[0]?.name ?? catalogs.currentCatalog, from?.span ?? span).listDatabases();
}

function builtInFunctions(): readonly string[] {
  const callable = functions.scalars.filter(({ syntax }) => syntax === 'function');
  return [...new Set([...callable, ...functions.aggregates].map(({ name }) => name))];
}

function userFunctions(session: Session, statement: Show): readonly string[] {
  return session.catalogs.listFunctions(databasePath(session, statement));
}

function rowsOfModules(session: Session): TableResult {
  return textRows(
    ['module name', 'used'],
    [...new Set([...session.modules, 'core'])].map((name) => [name, session.modules.includes(name) ? 'TRUE' : 'FALSE']),
  );
}

export function currentDatabase({ catalogs }: Session): readonly [string, string] {
  return [catalogs.currentCatalog, catalogs.currentDatabase];
}

export function partsOf(name: QualifiedName): readonly string[] {
  return name.parts.map((part) => part.name);
}

function isoTime(millis: number): string {
  return new Date(millis).toISOString();
}
