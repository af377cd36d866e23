/** `weir compare`: one line per query, and the rows that differ; fails if a difference has no reason. */
import { type Comparison, compareScript } from '../session/compare.ts';
import { createTableEnvironment } from '../session/create.ts';
import { displayValue } from '../session/display-text.ts';
import type { TableEnvironment } from '../session/table-environment.ts';
import { valueToJson } from '../types/json.ts';
import { UTC } from '../types/time-zone.ts';
import type { RunOptions } from './arguments.ts';
import { reportError } from './errors.ts';
import { EXIT, type Io } from './io.ts';
import type { Script } from './run-script.ts';

/** Differing rows that are shown of a query. */
const SHOWN = 10;

/** @param inits run before each script, in both modes */
export async function compareFiles(
  options: RunOptions,
  inits: readonly Script[],
  scripts: readonly Script[],
  io: Io,
): Promise<number> {
  let different = false;
  const print = options.format === 'jsonl' ? printJson : printText;
  for (const { text, file } of scripts) {
    let current = { text, file };
    try {
      const create = async (mode: Readonly<Record<string, string>>): Promise<TableEnvironment> => {
        const configuration = { ...options.configuration, ...mode };
        const environment = createTableEnvironment({ configuration, fixedOptions: Object.keys(configuration) });
        for (const init of inits) {
          current = init;
          for await (const result of environment.executeScript(init.text, { signal: io.interrupt }))
            await result.wait();
        }
        current = { text, file };
        return environment;
      };
      for await (const comparison of compareScript(text, create, { signal: io.interrupt })) {
        different ||= !comparison.equal && comparison.intended === null;
        print(comparison, file, io);
      }
    } catch (error) {
      if (io.interrupt.aborted) return EXIT.interrupted;
      reportError(io, error, current.text, current.file);
      return EXIT.failed;
    }
  }
  return different ? EXIT.different : EXIT.ok;
}

function printText(comparison: Comparison, file: string, io: Io): void {
  const { equal, intended, rows, kinds, differences, errors, line } = comparison;
  const verdict = equal ? 'equal' : intended === null ? 'DIFFERENT' : 'differs on purpose';
  const counts = Object.entries(kinds)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`);
  const first = comparison.query.trim().split('\n')[0] ?? '';
  io.out(`${file}:${line}: ${verdict}: ${first.length > 70 ? `${first.slice(0, 67)}...` : first}\n`);
  if (intended !== null) io.out(`  reason: ${intended}\n`);
  for (const [mode, error] of Object.entries(errors)) if (error !== null) io.out(`  ${mode}: ${error.message}\n`);
  if (errors.streaming === null && errors.batch === null) {
    io.out(`  BATCH ${rows.batch} rows; STREAMING ${rows.streaming} rows from ${counts.join(', ') || 'no changes'}\n`);
  }
  for (const { row, schema, streaming, batch } of differences.slice(0, SHOWN)) {
    const values = schema.fields.map(({ type }, i) => displayValue(row[i] ?? null, type, UTC));
    io.out(`  [${values.join(', ')}]: ${streaming} times in STREAMING, ${batch} times in BATCH\n`);
  }
  if (differences.length > SHOWN) io.out(`  and ${differences.length - SHOWN} more rows\n`);
}

function printJson({ differences, errors, ...comparison }: Comparison, file: string, io: Io): void {
  const shown = differences.map(({ row, schema, streaming, batch }) => ({
    row: Object.fromEntries(schema.fields.map(({ name, type }, i) => [name, valueToJson(row[i] ?? null, type)])),
    streaming,
    batch,
  }));
  const messages = { streaming: errors.streaming?.message ?? null, batch: errors.batch?.message ?? null };
  io.out(`${JSON.stringify({ file, ...comparison, differences: shown, errors: messages })}\n`);
}
