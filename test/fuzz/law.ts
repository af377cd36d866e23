/**
 * The law: under every configuration the folded changelog of STREAMING, the result of BATCH and DuckDB's answer are the
 * same rows.
 */
import { EngineError } from '../../src/base/errors.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Change } from '../../src/session/changelog-view.ts';
import { materialize } from '../../src/session/changelog-view.ts';
import { foldUpdatingTables } from '../../src/session/fold-tables.ts';
import { toDuckDb } from '../oracle/dialect.ts';
import { DuckDb, type Row } from '../oracle/duckdb.ts';
import { environment, parse, type Settings } from '../oracle/environment.ts';
import { difference } from '../oracle/same-rows.ts';
import { spread } from '../tools/spread.ts';
import type { FuzzCase } from './cases.ts';
import { printQuery } from './print.ts';
import { createTable, finalRows, schemaOfTable } from './tables.ts';

export interface FuzzRun {
  readonly name: string;
  readonly settings: Settings;
  /** Rows of all tables arrive one at a time, in a random order. */
  readonly oneByOne?: boolean;
}

const STREAMING: Settings = { 'execution.runtime-mode': 'STREAMING' };
const BATCH: Settings = { 'execution.runtime-mode': 'BATCH' };
const P3: Settings = spread(3);
const MINI_BATCH: Settings = {
  'table.exec.mini-batch.enabled': 'true',
  'table.exec.mini-batch.allow-latency': '1 s',
  'table.exec.mini-batch.size': '4',
};

const disabled = (operators: string): Settings => ({ 'table.exec.disabled-operators': operators });

/** The first is the plain one, by which a case's result type is known. */
export const RUNS: readonly FuzzRun[] = [
  { name: 'batch', settings: BATCH },
  { name: 'streaming', settings: STREAMING },
  { name: 'streaming, row by row', settings: STREAMING, oneByOne: true },
  { name: 'streaming, p3', settings: { ...STREAMING, ...P3 } },
  { name: 'streaming, mini-batch', settings: { ...STREAMING, ...MINI_BATCH }, oneByOne: true },
  {
    name: 'streaming, mini-batch, two-phase, p3',
    settings: { ...STREAMING, ...MINI_BATCH, ...P3, 'table.optimizer.agg-phase-strategy': 'TWO_PHASE' },
  },
  {
    name: 'streaming, distinct split',
    settings: { ...STREAMING, ...MINI_BATCH, 'table.optimizer.distinct-agg.split.enabled': 'true' },
  },
  { name: 'batch, p3', settings: { ...BATCH, ...P3 } },
  {
    name: 'batch, tiny',
    settings: { ...BATCH, ...spread(2), 'taskmanager.memory.managed.size': '64 kb' },
  },
  { name: 'batch, hash', settings: { ...BATCH, ...disabled('NestedLoopJoin,SortMergeJoin,BroadcastHashJoin') } },
  {
    name: 'batch, sort',
    settings: { ...BATCH, ...disabled('NestedLoopJoin,ShuffleHashJoin,BroadcastHashJoin,HashAgg') },
  },
  {
    name: 'batch, nested loop',
    settings: { ...BATCH, ...disabled('ShuffleHashJoin,BroadcastHashJoin,SortMergeJoin') },
  },
  {
    name: 'batch, one-phase, no reordering',
    settings: {
      ...BATCH,
      ...P3,
      'table.optimizer.agg-phase-strategy': 'ONE_PHASE',
      'table.optimizer.join-reorder-enabled': 'false',
    },
  },
];

/** Other evaluators and shuffles: tried on every case of which there is little data. */
export const SMALL_RUNS: readonly FuzzRun[] = [
  { name: 'streaming, js', settings: { ...STREAMING, 'weir.codegen.backend': 'js' } },
  { name: 'batch, interpreter', settings: { ...BATCH, 'weir.codegen.backend': 'interpreter' } },
  {
    name: 'batch, pipelined, nothing reused',
    settings: {
      ...BATCH,
      ...P3,
      'execution.batch-shuffle-mode': 'ALL_EXCHANGES_PIPELINED',
      'table.optimizer.reuse-sub-plan-enabled': 'false',
      'table.optimizer.reuse-source-enabled': 'false',
    },
  },
];

export type Verdict =
  | { readonly kind: 'holds' }
  /** The case cannot be judged: not built yet, or out of DuckDB's range. */
  | { readonly kind: 'undecided'; readonly reason: string }
  | { readonly kind: 'broken'; readonly run: string; readonly reason: string };

/** What is refused by name is no failure. The build side of a nested loop is not spilled. */
const REFUSALS = /^(NOT-SUPPORTED|PLAN-|RUN-OUT-OF-MEMORY)/;

export class Law {
  readonly #duck: DuckDb;

  private constructor(duck: DuckDb) {
    this.#duck = duck;
  }

  static async open(): Promise<Law> {
    return new Law(await DuckDb.open());
  }

  close(): void {
    this.#duck.close();
  }

  async judge(fuzz: FuzzCase, runs: readonly FuzzRun[] = RUNS): Promise<Verdict> {
    const sql = printQuery(fuzz);
    let expected: readonly Row[] | null = null;
    const wide = fuzz.tables.some((table) => table.wide === true);
    for (const run of runs === RUNS && !wide ? [...RUNS, ...SMALL_RUNS] : runs) {
      if (wide && run.oneByOne === true) continue;
      try {
        const { rows, types } = await this.#execute(fuzz, sql, run);
        if (expected === null) {
          const answer = await this.#ask(fuzz, sql, types);
          if (typeof answer === 'string') return { kind: 'undecided', reason: answer };
          expected = answer;
        }
        const reason = difference(rows, expected, types);
        if (reason !== null) return { kind: 'broken', run: run.name, reason };
      } catch (error) {
        if (error instanceof EngineError && REFUSALS.test(error.code)) {
          if (run === runs[0]) return { kind: 'undecided', reason: error.message };
          continue;
        }
        const text = error instanceof EngineError ? `${error.code}: ${error.message}` : (error as Error).stack;
        return { kind: 'broken', run: run.name, reason: text ?? String(error) };
      }
    }
    return { kind: 'holds' };
  }

  async #execute(
    fuzz: FuzzCase,
    sql: string,
    { settings, oneByOne }: FuzzRun,
  ): Promise<{ rows: readonly Row[]; types: Parameters<typeof difference>[2] }> {
    const env = environment(settings);
    for (const table of fuzz.tables) await env.executeSql(createTable(table));
    if (settings['execution.runtime-mode'] === 'BATCH') foldUpdatingTables(env.session);
    const result = await env.executeSql(sql, oneByOne === true ? { arrival: arrivalOf(fuzz) } : {});
    const changes: Change[] = [];
    for await (const change of result.changes()) changes.push(change);
    await result.wait();
    const types = result.schema.fields.map(({ type }) => type);
    const negative = unmatched(changes, types);
    if (negative !== null) throw new Error(`a change takes back a row that is not there: ${negative}`);
    return { rows: materialize(changes, types), types };
  }

  async #ask(fuzz: FuzzCase, sql: string, types: Parameters<typeof difference>[2]): Promise<readonly Row[] | string> {
    for (const table of fuzz.tables) await this.#duck.createTable(table.name, schemaOfTable(table), finalRows(table));
    const [statement] = parse(sql);
    if (statement?.kind !== 'query-statement') throw new Error(`no query: ${sql}`);
    try {
      return await this.#duck.query(toDuckDb(statement.query), types);
    } catch (error) {
      return `DuckDB: ${(error as Error).message.split('\n')[0]}`;
    }
  }
}

function arrivalOf({ seed, tables }: FuzzCase): {
  readonly rows: readonly string[];
  readonly tables: readonly string[];
} {
  const random = seededRandom(seed + 17);
  const left = tables.map(({ name, changes }) => ({ name, count: changes.length }));
  const rows: string[] = [];
  for (;;) {
    const open = left.filter(({ count }) => count > 0);
    if (open.length === 0) return { rows, tables: tables.map(({ name }) => name) };
    const next = open[random.below(open.length)]!;
    next.count--;
    rows.push(next.name);
  }
}

/** The text of a -U or -D for which there is no row to take back, or null. */
function unmatched(changes: readonly Change[], types: Parameters<typeof difference>[2]): string | null {
  const counts = new Map<string, number>();
  for (const { kind, row } of changes) {
    const key = JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
    const count = (counts.get(key) ?? 0) + (kind === 1 || kind === 3 ? -1 : 1);
    if (count < 0 && !types.some(({ kind: type }) => type === 'DOUBLE')) return key;
    counts.set(key, count);
  }
  return null;
}
