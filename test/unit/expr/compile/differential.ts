/** Compares compiled expressions with the interpreter: same values, and the same error where it fails. */
import { EngineError } from '../../../../src/base/errors.ts';
import { StringArena } from '../../../../src/columnar/string-arena.ts';
import { valueReader, valueWriter } from '../../../../src/columnar/value-codec.ts';
import { prepare } from '../../../../src/expr/evaluate.ts';
import { type Expr, inputRef, visitExpr } from '../../../../src/expr/expr.ts';
import { functions } from '../../../../src/expr/functions/index.ts';
import type { Backend } from '../../../../src/kernel/program.ts';
import type { LinearMemory } from '../../../../src/memory/arena.ts';
import { operatorSpec } from '../../../../src/operators/define.ts';
import { type DataType, INT } from '../../../../src/types/data-type.ts';
import { printType } from '../../../../src/types/print.ts';
import { type Value, valueKey } from '../../../../src/types/value.ts';
import { OperatorHarness, schemaOfTypes } from '../../operators/harness.ts';

export const BACKENDS: readonly Backend[] = ['wasm', 'js', 'interpreter'];

type Row = readonly Value[];

export interface Case {
  readonly expr: Expr;
  readonly types: readonly DataType[];
  readonly rows: readonly Row[];
  readonly timeZone?: string;
}

/** What a row gives: the key of its value, or the code of its error. */
type Outcome = string;

function failure(error: unknown): Outcome {
  if (error instanceof EngineError) return `error ${error.code}`;
  throw error;
}

function shown(value: Value, type: DataType): Outcome {
  return value === null ? 'NULL' : valueKey(value, type);
}

/** A value as its column holds it: what is out of its range wraps around in both. */
function asStored(memory: LinearMemory, scratch: number, value: Value, type: DataType): Value {
  if (value === null) return null;
  const strings = new StringArena(memory);
  valueWriter(memory, type, () => strings)(scratch, value);
  const read = valueReader(memory, type)(scratch);
  strings.release();
  return read;
}

function reference({ expr, rows, timeZone }: Case, memory: LinearMemory): Outcome[] {
  const evaluate = prepare(expr, { timeZone: timeZone ?? 'UTC', now: 0n, random: () => 0.5 });
  const scratch = memory.allocate(16);
  return rows.map((row) => {
    try {
      return shown(asStored(memory, scratch, evaluate(row), expr.type), expr.type);
    } catch (error) {
      return failure(error);
    }
  });
}

function harnessOf(test: Case, condition: Expr | null, projection: readonly Expr[], backend: Backend): OperatorHarness {
  const input = schemaOfTypes(test.types);
  const output = schemaOfTypes(projection.map((expr) => expr.type));
  const settings = { 'table.local-time-zone': test.timeZone ?? 'UTC' };
  return new OperatorHarness(operatorSpec('calc', 'Calc', { condition, projection }, [input], output), {
    backend,
    settings,
  });
}

/** All rows that do not fail at once, the others one by one. */
function projected(test: Case, expected: readonly Outcome[], backend: Backend): Outcome[] {
  const harness = harnessOf(test, null, [test.expr], backend);
  try {
    const results = new Array<Outcome>(test.rows.length).fill('');
    const good = test.rows.map((_, i) => i).filter((i) => !expected[i]!.startsWith('error'));
    const run = (which: readonly number[]): void => {
      if (which.length === 0) return;
      harness.process(which.map((i) => test.rows[i]!));
      harness.rows().forEach(([value], at) => {
        results[which[at]!] = shown(value!, test.expr.type);
      });
    };
    const each = (i: number): void => {
      try {
        run([i]);
      } catch (error) {
        results[i] = failure(error);
      }
    };
    try {
      run(good);
    } catch {
      for (const i of good) each(i);
    }
    test.rows.forEach((_, i) => {
      if (expected[i]!.startsWith('error')) each(i);
    });
    return results;
  } finally {
    harness.close();
  }
}

/** Which rows pass the condition, of those that do not fail. */
function filtered(test: Case, expected: readonly Outcome[], backend: Backend): Outcome[] {
  const types = [...test.types, INT];
  const number = inputRef(test.types.length, INT);
  const harness = harnessOf({ ...test, types }, test.expr, [number], backend);
  try {
    const rows = test.rows.flatMap((row, i) => (expected[i]!.startsWith('error') ? [] : [[...row, i]]));
    try {
      harness.process(rows);
    } catch (error) {
      if (isRefusal(failure(error), test.expr)) return [...expected];
      throw error;
    }
    const passed = new Set(harness.rows().map(([i]) => i));
    return expected.map((outcome, i) =>
      outcome.startsWith('error') ? outcome : passed.has(i) ? 'true' : outcome === 'true' ? 'dropped' : outcome,
    );
  } finally {
    harness.close();
  }
}

/** A description of the first difference, or null. */
export function difference(test: Case, backends: readonly Backend[] = BACKENDS): string | null {
  const scratchHarness = harnessOf(test, null, [], 'wasm');
  const expected = reference(test, scratchHarness.memory);
  scratchHarness.close();
  for (const backend of backends) {
    const runs: [string, Outcome[]][] = [['projection', projected(test, expected, backend)]];
    if (test.expr.type.kind === 'BOOLEAN') runs.push(['filter', filtered(test, expected, backend)]);
    for (const [how, actual] of runs) {
      const at = actual.findIndex((outcome, i) => outcome !== expected[i] && !isRefusal(outcome, test.expr));
      if (at >= 0) {
        const row = test.rows[at]!.map((value, i) => shown(value, test.types[i]!)).join(' | ');
        return `${printExpr(test.expr)} as ${how} in ${backend} of (${row}): ${actual[at]} instead of ${expected[at]}`;
      }
    }
  }
  return null;
}

/** Where a function gives NULL although its type is NOT NULL (a DECIMAL that does not fit), kernels fail. */
function isRefusal(outcome: Outcome, expr: Expr): boolean {
  if (outcome !== 'error RUN-NUMERIC-OVERFLOW' && outcome !== 'error RUN-NULL') return false;
  let possible = false;
  visitExpr(expr, (node) => {
    possible ||= node.kind === 'call' && !node.type.nullable;
  });
  return possible;
}

export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'input-ref':
      return `$${expr.index}:${printType(expr.type)}`;
    case 'literal':
      return `${shown(expr.value, expr.type)}:${printType(expr.type)}`;
    case 'call':
      return `${expr.fn}(${expr.args.map(printExpr).join(', ')}):${printType(expr.type)}`;
  }
}

/** Functions whose result depends on their arguments alone; a field is taken by a number that the binder checks. */
export const PURE = functions.scalars.filter((fn) => fn.deterministic && !fn.dynamic && fn.name !== 'GET');
