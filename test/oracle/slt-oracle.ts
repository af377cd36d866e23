/** Follows an .slt file in DuckDB: its tables with their rows, its views, and the answers to its queries. */
import { bindStatement } from '../../src/session/planning.ts';
import { print } from '../../src/sql/print.ts';
import type { DataType } from '../../src/types/data-type.ts';
import type { SltRecord } from '../slt/records.ts';
import { Runner } from '../slt/runner.ts';
import { divides, duckDialect, NotInDuckDb, toDuckDb } from './dialect.ts';
import { DuckDb, type Row } from './duckdb.ts';
import { environment, parse, runQuery } from './environment.ts';

export interface Answer {
  readonly types: readonly DataType[];
  readonly rows: readonly Row[];
  /** The query divides DECIMALs, which DuckDB does as DOUBLE. */
  readonly divides: boolean;
}

export class SltOracle {
  readonly #duck: DuckDb;
  readonly #env = environment({ 'execution.runtime-mode': 'BATCH' });
  readonly #runner = new Runner(this.#env, 'batch');

  private constructor(duck: DuckDb) {
    this.#duck = duck;
  }

  static async open(): Promise<SltOracle> {
    return new SltOracle(await DuckDb.open());
  }

  close(): void {
    this.#duck.close();
  }

  /** A record that is not a query. */
  async follow(record: SltRecord): Promise<void> {
    const failure = await this.#runner.run(record);
    if (failure !== null) throw new Error(`line ${record.line}: ${failure}`);
    if (record.kind === 'rows') await this.#load(record.table);
    if (record.kind !== 'statement' || record.error !== null) return;
    for (const statement of parse(record.sql)) {
      if (statement.kind === 'create-table') await this.#load(statement.name.parts.at(-1)!.name).catch(() => undefined);
      if (statement.kind !== 'create-view') continue;
      try {
        await this.#duck.run(print({ ...statement, temporary: false }, duckDialect));
      } catch (error) {
        if (!(error instanceof NotInDuckDb)) throw error;
      }
    }
  }

  /** @throws NotInDuckDb */
  async answer(sql: string): Promise<Answer> {
    const [statement] = parse(sql);
    if (statement?.kind !== 'query-statement') throw new NotInDuckDb(statement?.kind ?? 'nothing');
    const bound = bindStatement(statement, this.#env.session.bindContext(sql));
    if (bound.kind !== 'query') throw new NotInDuckDb(bound.kind);
    const types = bound.plan.schema.fields.map(({ type }) => type);
    const rows = await this.#duck.query(toDuckDb(statement.query), types);
    return { types, rows, divides: divides(statement) };
  }

  async #load(table: string): Promise<void> {
    const { schema, rows } = await runQuery(this.#env, `SELECT * FROM \`${table}\``);
    await this.#duck.createTable(table, schema, rows);
  }
}
