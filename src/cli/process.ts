/** The process as the command sees it: streams, Ctrl-C, the exit code. */
import { EXIT, type Io } from './io.ts';
import { runCommand } from './main.ts';

/** Runs the command of this process and ends it. */
export async function main(): Promise<void> {
  const interrupt = new AbortController();
  process.on('SIGINT', () => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort();
  });
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of a pipe has had enough.
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
  });
  const code = await runCommand(process.argv.slice(2), processIo(interrupt.signal));
  // What was written must be out before the end; open handles (a terminal, a cancelled source) must not delay it.
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  process.exit(code);
}

function processIo(interrupt: AbortSignal): Io {
  return {
    out: (text) => void process.stdout.write(text),
    error: (text) => void process.stderr.write(text),
    get input() {
      return process.stdin;
    },
    get output() {
      return process.stdout;
    },
    get inputIsTerminal() {
      return process.stdin.isTTY === true;
    },
    get columns() {
      return process.stdout.columns ?? null;
    },
    get colors() {
      return process.stderr.isTTY === true && process.stderr.hasColors();
    },
    interrupt,
  };
}
