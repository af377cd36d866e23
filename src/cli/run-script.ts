/** Runs the statements of a text one after the other and writes their results; stops at the first error. */
import type { TableEnvironment } from '../session/table-environment.ts';
import type { TableResult } from '../session/table-result.ts';
import { reportError } from './errors.ts';
import type { Format, FormatContext } from './format/format.ts';
import { EXIT, type Io } from './io.ts';

export interface Script {
  readonly text: string;
  /** Name for messages. */
  readonly file: string;
}

/** @returns the exit code */
export async function runScript(
  environment: TableEnvironment,
  script: Script,
  format: Format,
  io: Io,
): Promise<number> {
  const { text, file } = script;
  try {
    for await (const result of environment.executeScript(text, { file, signal: io.interrupt })) {
      await writeResult(environment, result, format, io);
    }
    return EXIT.ok;
  } catch (error) {
    if (io.interrupt.aborted) return EXIT.interrupted;
    const verbose = environment.session.configuration.boolean('sql-client.verbose');
    reportError(io, error, text, file, verbose);
    return EXIT.failed;
  }
}

/** Waits for INSERTs, writes rows, says nothing where there is nothing to say. */
export async function writeResult(
  environment: TableEnvironment,
  result: TableResult,
  format: Format,
  io: Io,
): Promise<void> {
  if (result.sinks.length > 0) {
    await result.wait();
    return;
  }
  if (result.kind === 'SUCCESS') return;
  if (result.isText) {
    for await (const { row } of result.changes()) io.out(`${String(row[0]).trimEnd()}\n`);
    return;
  }
  await format.write(result, formatContext(environment, io));
}

export function formatContext(environment: TableEnvironment, io: Io): FormatContext {
  const { session } = environment;
  return {
    out: io.out,
    maxColumnWidth: session.configuration.integer('table.display.max-column-width'),
    zone: session.zone,
  };
}
