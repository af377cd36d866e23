/**
 * The entry to Weir as a library: a session with its catalogs and options, that executes SQL. Flink: TableEnvironment.
 */
import { EngineError } from '../base/errors.ts';
import type { ArrowTable } from '../columnar/arrow/to-arrow.ts';
import type { Explain, PartialScript, Statement } from '../sql/ast.ts';
import { parseScript } from '../sql/parse.ts';
import type { Schema } from '../types/schema.ts';
import { arrivalOf } from './arrival.ts';
import { withPlace } from './error-place.ts';
import { inferColumns, printColumns } from './register-rows.ts';
import type { Session } from './session.ts';
import { type ExecuteOptions, executeStatement } from './statements.ts';
import type { TableResult } from './table-result.ts';

/** Rows of the program: lists of values or objects by column name. */
export type Rows = readonly unknown[] | Iterable<unknown> | AsyncIterable<unknown>;

export class TableEnvironment {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The session behind it, for those who show and compare. */
  get session(): Session {
    return this.#session;
  }

  /**
   * Executes one statement. A query starts to run; its rows are read from the result. An INSERT starts to run;
   * `result.wait()` ends with its job.
   *
   * @param statement text, with or without `;`, or a parsed statement
   * @throws EngineError for whatever is wrong with the statement
   */
  async executeSql(
    statement: string | Statement,
    options: ExecuteOptions & { readonly text?: string } = {},
  ): Promise<TableResult> {
    if (typeof statement !== 'string') {
      return this.#execute(statement, options.text ?? '', options);
    }
    const { statements, error } = parseScript(statement);
    if (error !== undefined) throw error;
    const [only, more] = statements;
    if (only === undefined) throw new EngineError('SQL-EMPTY', 'there is no statement in the text');
    if (more !== undefined) {
      throw new EngineError('SQL-SEVERAL', 'executeSql takes one statement', {
        span: more.span,
        hint: 'executeScript takes several',
      });
    }
    return this.#execute(only, statement, options);
  }

  /** A query; anything else is refused. */
  async sqlQuery(query: string, options: ExecuteOptions = {}): Promise<TableResult> {
    const { statements, error } = parseScript(query);
    if (error !== undefined) throw error;
    const [only] = statements;
    if (statements.length !== 1 || only?.kind !== 'query-statement') {
      throw new EngineError('SQL-NOT-A-QUERY', 'sqlQuery takes one query', { span: only?.span });
    }
    return this.#execute(only, query, options);
  }

  /** Executes statements one after the other, each when the caller asks for the next result. */
  async *executeScript(
    text: string,
    options: ExecuteOptions & { readonly file?: string } = {},
  ): AsyncGenerator<TableResult> {
    const script: PartialScript = parseScript(text, { file: options.file });
    const arrival = arrivalOf(script);
    for (const statement of script.statements) {
      yield await this.#execute(statement, text, { ...options, arrival });
    }
    if (script.error !== undefined) throw script.error;
  }

  /** The plans of queries and INSERTs, which do not run; all other statements are executed. */
  async *explainScript(text: string, details: readonly string[] = []): AsyncGenerator<string> {
    const script = parseScript(text);
    for (const statement of script.statements) {
      const runsJob =
        statement.kind === 'query-statement' || statement.kind === 'insert' || statement.kind === 'statement-set';
      const wanted = runsJob ? explainOf(statement, details) : statement;
      const result = await this.#execute(wanted, text);
      if (!result.isText) continue;
      for await (const { row } of result.changes()) yield String(row[0]);
    }
    if (script.error !== undefined) throw script.error;
  }

  /**
   * Makes rows of the program a temporary table.
   *
   * @param rows an array, or an (async) iterable that ends unless `bounded` is false
   * @param schema columns as in CREATE TABLE (`id BIGINT, name STRING`), or resolved; default: by the first row of an
   * array
   */
  async createTemporaryView(
    name: string,
    rows: Rows,
    schema?: string | Schema,
    options: { readonly bounded?: boolean } = {},
  ): Promise<void> {
    const columns = typeof schema === 'string' ? schema : printColumns(schema ?? inferColumns(name, rows));
    const collection = `${name}#${this.#session.collections.size + 1}`;
    const quoted = name.split('.').map((part) => `\`${part.replaceAll('`', '``')}\``);
    this.#session.collections.set(collection, rows);
    await this.executeSql(
      `CREATE TEMPORARY TABLE ${quoted.join('.')} (${columns}) WITH ('connector' = 'collection', ` +
        `'collection' = '${collection.replaceAll("'", "''")}', 'bounded' = '${options.bounded ?? true}')`,
    );
  }

  /** The same under a name that the environment chooses, which is returned. */
  async fromRows(rows: Rows, schema?: string | Schema): Promise<string> {
    const name = `rows_${this.#session.collections.size + 1}`;
    await this.createTemporaryView(name, rows, schema);
    return name;
  }

  /**
   * Makes a table of apache-arrow a temporary table.
   *
   * @throws EngineError DATA-ARROW for types that SQL does not have
   */
  async createTemporaryViewFromArrow(name: string, table: ArrowTable): Promise<void> {
    const { rowsOfArrow } = await import('./arrow-tables.ts');
    const { rows, schema } = await rowsOfArrow(table);
    await this.createTemporaryView(name, rows, schema);
  }

  #execute(statement: Statement, text: string, options: ExecuteOptions = {}): Promise<TableResult> {
    return withPlace(statement.span, () => executeStatement(this.#session, statement, text, options));
  }

  /** Cancels every job that still runs. */
  close(): void {
    for (const job of this.#session.jobs) if (job.status === 'RUNNING') job.control.cancel();
  }
}

/** @throws EngineError SQL-EXPLAIN-DETAIL */
function explainOf(statement: Explain['statement'], details: readonly string[]): Explain {
  const known = details.map((detail) => {
    const found = EXPLAIN_DETAILS.find((name) => name === detail.trim().toUpperCase());
    if (found !== undefined) return found;
    throw new EngineError('SQL-EXPLAIN-DETAIL', `EXPLAIN has no detail '${detail.trim()}'`, {
      hint: `details are ${EXPLAIN_DETAILS.join(', ')}`,
    });
  });
  return { kind: 'explain', span: statement.span, details: known, statement };
}

const EXPLAIN_DETAILS = ['ESTIMATED_COST', 'CHANGELOG_MODE', 'PLAN_ADVICE', 'JSON_EXECUTION_PLAN', 'RULES'] as const;
