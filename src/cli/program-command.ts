/**
 * `weir run program.ts` and `weir explain program.ts`: loads the program with what the command line says. Its library
 * may be another copy than the one in this command, so errors are known by their name.
 */
import { setFlagsFromString } from 'node:v8';
import { EngineError } from '../base/errors.ts';
import { loadProgram } from '../session/program/load-program.ts';
import { type Submission, withSubmission } from '../session/program/submission.ts';
import type { RunOptions } from './arguments.ts';
import { reportError, reportWarning } from './errors.ts';
import { EXIT, type Io } from './io.ts';

/** @returns the exit code, when the program has run to its end */
export function runProgram(file: string, options: RunOptions, io: Io): Promise<number> {
  return load(file, io, submissionOf(file, options, io));
}

/** Prints the plan of the program's first job, which does not run. */
export function explainProgram(file: string, options: RunOptions, io: Io): Promise<number> {
  return load(file, io, {
    ...submissionOf(file, options, io),
    intercept: ({ explain }) => {
      io.out(`${explain().trimEnd()}\n`);
      return 'stop';
    },
  });
}

function submissionOf(file: string, { configuration }: RunOptions, io: Io): Submission {
  const { library } = io.modules;
  return {
    file,
    ...(library === null ? {} : { library }),
    configuration,
    signal: io.interrupt,
    onWarning: (warning) => reportWarning(io, warning),
    onPrint: printer(io),
  };
}

/** What a program prints by itself, to the console, is to come in its place among the lines of its jobs. */
function printer(io: Io): NonNullable<Submission['onPrint']> {
  let scheduled = false;
  return (stream, line) => {
    (stream === 'stdout' ? io.out : io.error)(`${line}\n`);
    if (scheduled) return;
    scheduled = true;
    // Before the program goes on.
    queueMicrotask(() => {
      scheduled = false;
      io.flush?.();
    });
  };
}

async function load(file: string, io: Io, submission: Submission): Promise<number> {
  keepRecordsYoung();
  try {
    await withSubmission(submission, () => loadProgram(file, io.modules));
    return EXIT.ok;
  } catch (error) {
    if (io.interrupt.aborted) return EXIT.interrupted;
    if (error instanceof Error && error.name === 'ProgramStopped') return EXIT.ok;
    if (error instanceof Error && error.name === 'EngineError') {
      const { code, detail } = error as EngineError;
      reportError(io, new EngineError(code, error.message, detail), '', file);
    } else {
      io.error(`${file}: the program failed\n${(error instanceof Error ? error.stack : null) ?? String(error)}\n`);
    }
    return EXIT.failed;
  }
}

/**
 * V8 moves the making of objects to the old generation where all that it sampled have outlived a collection, as the
 * records of a first batch do when it happens in the middle of one. From then on every record waits for a full
 * collection: programs take up to twice the CPU.
 */
function keepRecordsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
