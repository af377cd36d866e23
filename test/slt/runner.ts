/** Runs the records of one .slt file under one configuration of the run matrix. */
import { EngineError, type TableEnvironment } from '../../src/index.ts';
import { foldUpdatingTables } from '../../src/session/fold-tables.ts';
import type { QueryStatement } from '../../src/sql/ast.ts';
import type { Json } from '../../src/types/json.ts';
import {
  environment,
  parse,
  type QueryResult,
  runQuery,
  type Settings,
  withoutFinalOrder,
} from '../oracle/environment.ts';
import { valueToText } from '../oracle/value-text.ts';
import { readValues, type SltRecord } from './records.ts';
import { sameText, textToJson, typeLetter } from './values.ts';

export interface RunConfiguration {
  readonly name: string;
  readonly settings: Settings;
}

export interface Report {
  readonly failures: readonly string[];
  /** Records that conditions left out. */
  readonly skipped: number;
}

export async function runRecords(records: readonly SltRecord[], configuration: RunConfiguration): Promise<Report> {
  const mode = configuration.settings['execution.runtime-mode'] === 'BATCH' ? 'batch' : 'streaming';
  const runner = new Runner(environment(configuration.settings), mode);
  const failures: string[] = [];
  let skipped = 0;
  for (const record of records) {
    const names = [mode, configuration.name];
    if (record.conditions.some(({ only, name }) => names.includes(name) !== only)) {
      skipped++;
      continue;
    }
    const plain = configuration.name === mode || configuration.name === 'stream';
    if ((record.kind === 'changelog' || record.kind === 'plan') && !plain) continue;
    if (record.kind === 'changelog' && mode === 'batch') continue;
    if (record.kind === 'plan' && record.mode !== mode) continue;
    const failure = await runner.run(record);
    if (failure !== null) failures.push(`line ${record.line}: ${record.sql.trim()}\n${failure}`);
  }
  return { failures, skipped };
}

export class Runner {
  readonly #env: TableEnvironment;
  readonly #mode: 'streaming' | 'batch';

  constructor(env: TableEnvironment, mode: 'streaming' | 'batch') {
    this.#env = env;
    this.#mode = mode;
  }

  /** @returns what is wrong, or null */
  async run(record: SltRecord): Promise<string | null> {
    try {
      switch (record.kind) {
        case 'statement':
          return await this.#statement(record);
        case 'rows':
          return this.#rows(record.table, record.rows);
        case 'query':
          return await this.#query(record);
        case 'changelog':
          return await this.#changelog(record);
        case 'plan':
          return await this.#plan(record);
      }
    } catch (error) {
      return describeError(error);
    }
  }

  /** The query of a record, as this mode can run it. */
  async ask(sql: string): Promise<QueryResult> {
    const [statement] = parse(sql);
    if (statement?.kind !== 'query-statement') return runQuery(this.#env, sql);
    const query: QueryStatement = this.#mode === 'streaming' ? withoutFinalOrder(statement) : statement;
    return runQuery(this.#env, query, sql);
  }

  async #statement({ sql, error }: SltRecord & { readonly kind: 'statement' }): Promise<string | null> {
    try {
      for (const statement of parse(sql)) {
        const result = await this.#env.executeSql(statement, { text: sql });
        for await (const _change of result.changes());
        await result.wait();
      }
    } catch (caught) {
      if (error === null || !(caught instanceof EngineError)) throw caught;
      const span = caught.detail.span;
      const place = span === undefined ? '' : `${span.line}:${span.column}: `;
      const actual = `${place}${caught.message}`;
      const fits = caught.code === error.code && (error.message === null || actual.startsWith(error.message));
      return fits ? null : `failed with ${caught.code}\n${actual}\nexpected ${error.code}\n${error.message ?? ''}`;
    }
    return error === null ? null : `did not fail, expected ${error.code}`;
  }

  #rows(name: string, rows: readonly (readonly string[])[]): null {
    const { catalogs } = this.#env.session;
    const path = catalogs.qualify([name]);
    const found = catalogs.find(path)?.table;
    if (found?.kind !== 'table') throw new Error(`there is no table ${name}`);
    const columns = found.columns.filter((column) => column.kind === 'physical');
    const json = rows.map(([kind, ...texts]): Json => {
      if (texts.length !== columns.length) throw new Error(`${texts.join('  ')}: ${columns.length} values are needed`);
      return [kind!, Object.fromEntries(columns.map(({ name, type }, i) => [name, textToJson(texts[i]!, type)]))];
    });
    catalogs.alterTable(path, { ...found, options: { ...found.options, rows: JSON.stringify(json) } });
    if (this.#mode === 'batch') foldUpdatingTables(this.#env.session);
    return null;
  }

  async #query(record: SltRecord & { readonly kind: 'query' }): Promise<string | null> {
    const { schema, rows } = await this.ask(record.sql);
    const types = schema.fields.map(({ type }) => type);
    const letters = types.map(typeLetter).join('');
    if (letters !== record.types) return `its types are ${letters}, expected ${record.types}`;
    const actual = rows.map((row) => types.map((type, i) => valueToText(row[i] ?? null, type)));
    const expected = (record.expected ?? []).map(readValues);
    if (!record.ordered || this.#mode === 'streaming') for (const list of [actual, expected]) sortRows(list, types);
    const same =
      actual.length === expected.length &&
      actual.every(
        (row, i) =>
          row.length === expected[i]!.length && row.every((text, j) => sameText(text, expected[i]![j]!, types[j]!)),
      );
    if (same) return null;
    const lines = (list: readonly (readonly string[])[]): string => list.map((row) => row.join('  ')).join('\n');
    return `got\n${lines(actual)}\nexpected\n${lines(expected)}`;
  }

  async #changelog({ sql, expected }: SltRecord & { readonly kind: 'changelog' }): Promise<string | null> {
    const { schema, changes } = await this.ask(sql);
    const actual = changes.map(({ kind, row }) =>
      [kind, ...schema.fields.map(({ type }, i) => valueToText(row[i] ?? null, type))].join('  '),
    );
    const wanted = expected.map((line) => readValues(line).join('  '));
    return actual.join('\n') === wanted.join('\n') ? null : `got\n${actual.join('\n')}\nexpected\n${wanted.join('\n')}`;
  }

  async #plan({ sql, expected }: SltRecord & { readonly kind: 'plan' }): Promise<string | null> {
    let text = '';
    for await (const plan of this.#env.explainScript(sql, ['CHANGELOG_MODE'])) text += plan;
    const [, optimised = ''] = text.split('== Optimized Execution Plan ==\n');
    const actual = optimised.trim();
    return actual === expected.join('\n').trim() ? null : `got\n${actual}\nexpected\n${expected.join('\n')}`;
  }
}

/** Floating-point columns last: rows that are nearly equal come to stand in the same place. */
function sortRows(rows: (readonly string[])[], types: QueryResult['schema']['fields'][number]['type'][]): void {
  const rank = (i: number): number => (types[i]?.kind === 'DOUBLE' || types[i]?.kind === 'FLOAT' ? 1 : 0);
  const order = types.map((_, i) => i).sort((a, b) => rank(a) - rank(b) || a - b);
  rows.sort((a, b) => {
    for (const i of order) {
      const [x, y] = [a[i] ?? '', b[i] ?? ''];
      if (x !== y) return rank(i) === 1 && x !== 'NULL' && y !== 'NULL' ? Number(x) - Number(y) : x < y ? -1 : 1;
    }
    return 0;
  });
}

function describeError(error: unknown): string {
  if (!(error instanceof EngineError)) return `BROKE: ${(error as Error).stack ?? String(error)}`;
  const { span } = error.detail;
  return `failed with ${error.code}\n${span === undefined ? '' : `${span.line}:${span.column}: `}${error.message}`;
}
