/** Runs golden cases through the library, as a program would. */
import { create, type EngineError, ROW_KIND_SHORT, type Schema, type Value } from '../../src/index.ts';
import { valueToJson } from '../../src/types/json.ts';
import { workers } from '../tools/workers.ts';
import { COMMON, type GoldenCase, type GoldenChange, type GoldenRow, scriptOf } from './cases.ts';

export interface Received {
  /** Of a query, or what reached the only sink. */
  readonly changes: readonly GoldenChange[];
  /** What reached each sink. */
  readonly sinks: Readonly<Record<string, readonly GoldenChange[]>>;
}

/** @throws what the script throws */
export async function runCase(golden: GoldenCase, settings: Readonly<Record<string, string>> = {}): Promise<Received> {
  const queried: GoldenChange[] = [];
  const sinks: Record<string, GoldenChange[]> = {};
  const environment = create({
    workers,
    onSinkChanges: ({ table, changes, schema }) => {
      const name = table.split('.').at(-1)!;
      sinks[name] ??= [];
      for (const { kind, row } of changes) sinks[name].push([ROW_KIND_SHORT[kind], rowToJson(row, schema)]);
    },
  });
  try {
    for await (const result of environment.executeScript(scriptOf(golden, { ...COMMON, ...settings }))) {
      // The last result is that of the case's statement.
      queried.length = 0;
      if (/^\s*(INSERT|EXECUTE)\b/i.test(golden.sql)) await result.wait();
      else for await (const { kind, row } of result) queried.push([kind, row]);
    }
  } finally {
    await environment.close();
  }
  const [only, ...others] = Object.values(sinks);
  return { changes: only === undefined || others.length > 0 ? queried : only, sinks };
}

/** Before the job runs, or while it does: how far a statement came. */
export function isAtRunTime(error: EngineError): boolean {
  return error.code.startsWith('RUN-');
}

function rowToJson(row: readonly Value[], schema: Schema): GoldenRow {
  return Object.fromEntries(schema.fields.map(({ name, type }, i) => [name, valueToJson(row[i]!, type)]));
}
