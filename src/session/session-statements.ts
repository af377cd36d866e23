/** Statements that are about the session alone: SET, RESET, USE, DESCRIBE, modules, jars, jobs. */
import { EngineError, notSupported } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import { findOption, OPTIONS } from '../base/options.ts';
import type { Describe, SetOption, Statement, StopJob, Use } from '../sql/ast.ts';
import { STRING } from '../types/data-type.ts';
import { schemaOf } from '../types/schema.ts';
import { describeColumns } from './describe.ts';
import type { Session } from './session.ts';
import { currentDatabase, partsOf, show, showCreate, textRows } from './show.ts';
import { okResult, rowsResult, type TableResult } from './table-result.ts';

/** @returns null if the statement is not about the session alone */
export function runSessionStatement(session: Session, statement: Statement): TableResult | Promise<TableResult> | null {
  switch (statement.kind) {
    case 'set':
      return setOption(session, statement);
    case 'reset':
      session.resetConfiguration(statement.key);
      return okResult();
    case 'show':
      return show(session, statement);
    case 'show-create':
      return showCreate(session, statement);
    case 'show-current':
      return showCurrent(session, statement.what);
    case 'use':
      return use(session, statement);
    case 'describe':
      return describe(session, statement);
    case 'load-module':
    case 'unload-module':
      return changeModules(session, statement.kind === 'load-module', statement.name.name);
    case 'stop-job':
      return stopJob(session, statement);
    case 'add-jar':
    case 'remove-jar':
      throw notSupported('JARs: Weir runs no Java code; they', statement.span);
    case 'analyze':
      throw notSupported('ANALYZE TABLE', statement.span);
    case 'call-procedure':
      throw notSupported('CALL', statement.span);
    case 'compile-plan':
    case 'execute-plan':
      throw notSupported('compiled plans', statement.span);
    default:
      return null;
  }
}

function setOption(session: Session, { key, value, span }: SetOption): TableResult {
  if (key === undefined) return textRows(['key', 'value'], session.configuration.entries());
  if (value === undefined) return textRows(['key', 'value'], [[key, session.configuration.raw(key) ?? null]]);
  checkOption(key, value, span);
  if (session.fixedOptions.has(key)) {
    const fixed = session.configuration.raw(key) ?? '';
    if (fixed.toLowerCase() !== value.toLowerCase()) {
      const message = `SET '${key}' = '${value}' has no effect: '${fixed}' was given from outside`;
      session.onWarning({ message, hint: null, span });
    }
    return okResult();
  }
  warnOfUnknownOption(session, key, span);
  session.configuration = session.configuration.with(key, value);
  return okResult();
}

/** Any key may be set, as in Flink; one that nobody reads is likely misspelt, or means nothing without a cluster. */
export function warnOfUnknownOption(session: Session, key: string, span: SetOption['span'] | null = null): void {
  const known = findOption(key) !== null || session.registries.connectors.some((name) => key.startsWith(`${name}.`));
  if (known) return;
  session.onWarning({
    message: `option '${key}' has no effect in Weir`,
    hint: didYouMean(key, optionKeys()) ?? null,
    span,
  });
}

/** @throws EngineError CONFIG-VALUE if the option knows what it may be set to, and that is not it */
export function checkOption(key: string, value: string, span?: SetOption['span']): void {
  const option = findOption(key);
  if (option?.values?.some((allowed) => allowed.toLowerCase() === value.toLowerCase()) !== false) return;
  throw new EngineError('CONFIG-VALUE', `option '${key}' cannot be '${value}'`, {
    span,
    hint: `it is one of ${option?.values?.join(', ')}`,
  });
}

/** Keys of all options, for completion. */
function optionKeys(): readonly string[] {
  return OPTIONS.map(({ key }) => key);
}

function showCurrent(session: Session, what: 'CATALOG' | 'DATABASE'): TableResult {
  const [catalog, database] = currentDatabase(session);
  return what === 'CATALOG'
    ? textRows(['current catalog name'], [[catalog]])
    : textRows(['current database name'], [[database]]);
}

function use(session: Session, { what, names, span }: Use): TableResult {
  const first = names[0] === undefined ? [] : partsOf(names[0]);
  if (what === 'CATALOG') session.catalogs.useCatalog(first[0] ?? '', names[0]?.span ?? span);
  else if (what === 'DATABASE')
    session.catalogs.useDatabase(session.catalogs.qualifyDatabase(first), names[0]?.span ?? span);
  else {
    const modules = names.map((name) => partsOf(name)[0] ?? '');
    const unknown = modules.find((name) => name !== 'core');
    if (unknown !== undefined)
      throw new EngineError('SQL-MODULE-UNKNOWN', `no module with name '${unknown}' exists`, { span });
    session.modules = modules;
  }
  return okResult();
}

function describe(session: Session, { what, name, extended, jobId, span }: Describe): TableResult {
  const { catalogs } = session;
  const parts = name === undefined ? [] : partsOf(name);
  switch (what) {
    case 'TABLE': {
      const path = catalogs.qualify(parts);
      const { schema, rows } = describeColumns(catalogs.get(path, name?.span).table);
      return rowsResult(schema, rows);
    }
    case 'CATALOG': {
      const catalog = catalogs.catalog(parts[0] ?? '', name?.span);
      const options = Object.entries(catalogs.catalogOptions(catalog.name)).filter(([key]) => key !== 'type');
      return textRows(
        ['info name', 'info value'],
        [
          ['name', catalog.name],
          ['type', 'generic_in_memory'],
          ['comment', ''],
          ...(extended ? options.map(([key, value]) => [`option:${key}`, value]) : []),
        ],
      );
    }
    case 'DATABASE': {
      const path = catalogs.qualifyDatabase(parts);
      const { comment, options } = catalogs.database(path, name?.span);
      return textRows(
        ['info name', 'info value'],
        [
          ['catalog', path[0]],
          ['database', path[1]],
          ['comment', comment ?? ''],
          ...(extended ? Object.entries(options).map(([key, value]) => [`option:${key}`, value]) : []),
        ],
      );
    }
    case 'JOB': {
      const job = session.jobs.find(({ id }) => id === jobId);
      if (job === undefined) throw new EngineError('SQL-JOB-UNKNOWN', `there is no job '${jobId}'`, { span });
      return textRows(['job id', 'job name', 'status'], [[job.id, job.name, job.status]]);
    }
    default:
      throw notSupported(`DESCRIBE ${what}`, span);
  }
}

function changeModules(session: Session, load: boolean, name: string): TableResult {
  const used = session.modules.includes(name);
  if (name !== 'core') throw notSupported(`module '${name}'`);
  if (load && used) {
    throw new EngineError('SQL-MODULE-EXISTS', `a module with name '${name}' already exists`);
  }
  session.modules = load ? [...session.modules, name] : session.modules.filter((other) => other !== name);
  return okResult();
}

function stopJob(session: Session, { jobId, savepoint, drain }: StopJob): TableResult | Promise<TableResult> {
  const job = session.jobs.find(({ id }) => id === jobId);
  if (job === undefined) throw new EngineError('SQL-JOB-UNKNOWN', `there is no job '${jobId}'`);
  if (savepoint) return savepointResult(job.control.stopWithSavepoint({ drain }));
  if (drain) throw new EngineError('SQL-SYNTAX', 'STOP JOB … WITH DRAIN needs WITH SAVEPOINT');
  job.control.cancel();
  return okResult();
}

/** Flink's one column. */
async function savepointResult(path: Promise<string>): Promise<TableResult> {
  return rowsResult(schemaOf([{ name: 'savepoint path', type: STRING }]), [[await path]]);
}
