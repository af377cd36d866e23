/**
 * Runs golden expression cases: each through parser, binder and an evaluator, and compares type, value and error.
 */
import { readFileSync } from 'node:fs';
import { EngineError } from '../../../../src/base/errors.ts';
import { evaluate } from '../../../../src/expr/evaluate.ts';
import type { Expr } from '../../../../src/expr/expr.ts';
import { toText } from '../../../../src/expr/functions/conversion/to-text.ts';
import type { EvaluationContext } from '../../../../src/expr/functions/define.ts';
import { create, type TableEnvironment, type TableResult } from '../../../../src/index.ts';
import { parse, parseExpression } from '../../../../src/sql/parse.ts';
import { type DataType, type Field, isCharacter } from '../../../../src/types/data-type.ts';
import { printType } from '../../../../src/types/print.ts';
import { timeZone } from '../../../../src/types/time-zone.ts';
import type { Value } from '../../../../src/types/value.ts';
import { CONTEXT, NotScalar, Scope } from './bind.ts';
import { TABLES, type Table } from './tables.ts';

interface Outcome {
  readonly type?: string;
  readonly value?: string | null;
  readonly values?: readonly (string | null)[];
  readonly error?: { readonly phase: string; readonly message: string };
}

export interface GoldenCase extends Outcome {
  readonly expr: string;
  readonly tmpl?: string;
  readonly args?: readonly string[];
  readonly column?: 'same' | Outcome;
  readonly table?: string;
  readonly tz?: string;
  readonly conf?: unknown;
  readonly castToString?: false;
  readonly typeOnly?: boolean;
}

export function readCases(family: string): readonly GoldenCase[] {
  const url = new URL(`../../../golden/expressions/${family}.jsonl`, import.meta.url);
  return readFileSync(url, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as GoldenCase);
}

/** What to call a case in lists of exceptions. */
export function caseName(golden: GoldenCase): string {
  return [golden.table, golden.expr, golden.tz].filter((part) => part !== undefined).join(' | ');
}

/** The values of an expression over rows of these types. @throws EngineError for what fails on any of them */
export type Evaluator = (
  expr: Expr,
  types: readonly DataType[],
  rows: readonly (readonly Value[])[],
  context: EvaluationContext,
) => readonly Value[];

/** The reference: the interpreter. */
export const interpreted: Evaluator = (expr, _types, rows, context) => rows.map((row) => evaluate(expr, row, context));

/** @returns null if Weir answers as Flink does, else how it differs */
export async function checkCase(
  golden: GoldenCase,
  tables: ReadonlyMap<string, Table>,
  evaluator: Evaluator,
): Promise<string | null> {
  const context = { ...CONTEXT, timeZone: golden.tz ?? 'UTC', evaluator };
  if (golden.table !== undefined) return checkTable(golden, tables.get(golden.table)!, context);
  const differs = typeof golden.column === 'object';
  if (!differs) {
    const direct = compare(golden, await run(golden.expr, [], [[]], context), golden);
    if (direct !== null) return direct;
  }
  if (golden.tmpl === undefined || golden.column === undefined) return null;
  const expected = differs ? { ...golden, ...(golden.column as Outcome) } : golden;
  return compare(golden, await runTemplate(golden, context), expected, ' (as column)');
}

async function checkTable(golden: GoldenCase, table: Table, context: Context): Promise<string | null> {
  const actual = await run(golden.expr, table.fields, table.rows, context, golden.table);
  if (golden.error !== undefined || 'error' in actual) return compare(golden, actual, golden);
  if (actual.type !== golden.type) return `type ${actual.type}, not ${golden.type}`;
  if (golden.values === undefined) return null;
  const wrong = golden.values.flatMap((value, i) => (value === actual.values[i] ? [] : [i]));
  if (wrong.length === 0) return null;
  const first = wrong[0]!;
  const rows = wrong.map((i) => i + 1).join(',');
  return `rows ${rows}: ${JSON.stringify(actual.values[first])}, not ${JSON.stringify(golden.values[first])}`;
}

interface Context extends EvaluationContext {
  readonly evaluator: Evaluator;
}

type Actual =
  | { readonly type: string; readonly values: readonly (string | null)[] }
  | { readonly error: string; readonly phase: 'before' | 'run'; readonly type?: string };

async function runTemplate(golden: GoldenCase, context: Context): Promise<Actual> {
  const fields: Field[] = [];
  const row: Value[] = [];
  try {
    const scope = new Scope([], context.timeZone);
    for (const [i, arg] of golden.args!.entries()) {
      const expr = scope.bind(parseExpression(arg));
      fields.push({ name: `$${i}`, type: expr.type });
      row.push(evaluate(expr, [], context));
    }
  } catch (error) {
    return failure(error, 'run');
  }
  const text = golden.tmpl!.replace(/\$(\d+)/g, '`$$$1`');
  return run(text, fields, [row], context);
}

async function run(
  text: string,
  fields: readonly Field[],
  rows: readonly (readonly Value[])[],
  context: Context,
  table?: string,
): Promise<Actual> {
  let expr: Expr;
  try {
    expr = new Scope(fields, context.timeZone, table).bind(parseExpression(text));
  } catch (error) {
    if (error instanceof NotScalar)
      return runQuery(table === undefined ? `SELECT ${text}` : `SELECT ${text}, id FROM ${table}`);
    return failure(error, 'before');
  }
  try {
    const zone = timeZone(context.timeZone);
    const types = fields.map(({ type }) => type);
    const values = context.evaluator(expr, types, rows, context).map((value): string | null => {
      if (value === null) return null;
      return isCharacter(expr.type) ? (value as string) : toText(value, expr.type, zone);
    });
    return { type: printType(expr.type), values };
  } catch (error) {
    return { ...failure(error, 'run'), type: printType(expr.type) };
  }
}

/** Subqueries and aggregates need the whole engine. */
async function runQuery(query: string): Promise<Actual> {
  const environment = await engine();
  let result: TableResult;
  try {
    result = await environment.sqlQuery(query);
  } catch (error) {
    return failure(error, 'before');
  }
  try {
    const { type } = result.schema.fields[0]!;
    const values: (string | null)[] = [];
    for await (const { row } of result.changes()) values.push(row[0] === null ? null : toText(row[0]!, type, UTC));
    return { type: printType(type), values };
  } catch (error) {
    return failure(error, 'run');
  }
}

const UTC = timeZone('UTC');

async function engine(): Promise<TableEnvironment> {
  const environment = create({ configuration: { 'execution.runtime-mode': 'batch' } });
  for (const statement of parse(TABLES).statements) await environment.executeSql(statement, { text: TABLES });
  return environment;
}

function failure(error: unknown, phase: 'before' | 'run'): Actual {
  if (error instanceof EngineError) return { error: error.message, phase };
  throw error;
}

/** Errors of planning may come before or at run time: Flink folds constants while planning. */
const PHASES: Readonly<Record<string, readonly string[]>> = {
  parse: ['before'],
  validate: ['before'],
  plan: ['before', 'run'],
  run: ['run'],
};

function compare(golden: GoldenCase, actual: Actual, expected: Outcome, where = ''): string | null {
  if (expected.error !== undefined) {
    if (!('error' in actual)) return `${actual.type} ${JSON.stringify(actual.values)}, not an error${where}`;
    return PHASES[expected.error.phase]!.includes(actual.phase)
      ? null
      : `error ${actual.phase}${where}: ${actual.error}`;
  }
  if ('error' in actual) return `error${where}: ${actual.error}`;
  if (actual.type !== expected.type) return `type ${actual.type}, not ${expected.type}${where}`;
  if (golden.typeOnly === true || golden.castToString === false || !('value' in expected)) return null;
  if (actual.values[0] === expected.value) return null;
  return `${JSON.stringify(actual.values[0])}, not ${JSON.stringify(expected.value)}${where}`;
}
