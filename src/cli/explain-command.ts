/** `weir explain`: runs what prepares the ground (DDL, SET), and shows the plan of each query instead of running it. */
import type { TableEnvironment } from '../session/table-environment.ts';
import { reportError } from './errors.ts';
import { EXIT, type Io } from './io.ts';
import type { Script } from './run-script.ts';

/** @param details as after EXPLAIN, separated by commas */
export async function explainScript(
  environment: TableEnvironment,
  { text, file }: Script,
  details: string,
  io: Io,
): Promise<number> {
  try {
    for await (const plan of environment.explainScript(
      text,
      details.split(',').filter((detail) => detail.trim() !== ''),
    )) {
      io.out(`${plan.trimEnd()}\n\n`);
    }
    return EXIT.ok;
  } catch (error) {
    reportError(io, error, text, file);
    return EXIT.failed;
  }
}
