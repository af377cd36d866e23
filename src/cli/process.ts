/** The process as the command sees it: streams, Ctrl-C, the exit code. */
import type { ModuleHost } from '../session/program/load-program.ts';
import { EXIT, type Io } from './io.ts';
import { runCommand } from './main.ts';

/**
 * Runs the command of this process and ends it.
 *
 * @param modules loads programs
 */
export async function main(modules: ModuleHost): Promise<void> {
  const interrupt = new AbortController();
  process.on('SIGINT', () => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort();
  });
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of a pipe has had enough.
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
  });
  const out = new OutputBuffer();
  const code = await runCommand(process.argv.slice(2), processIo(interrupt.signal, out, modules));
  out.flush();
  // What was written must be out before the end; open handles (a terminal, a cancelled source) must not delay it.
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  process.exit(code);
}

/** Characters that are collected before they are written: a system call per row would take longer than the row. */
const BUFFER_SIZE = 1 << 16;

/** Standard output, written in large pieces, and at the latest when the event loop comes round. */
class OutputBuffer {
  #parts: string[] = [];
  #size = 0;
  #scheduled = false;

  write(text: string): void {
    this.#parts.push(text);
    this.#size += text.length;
    if (this.#size >= BUFFER_SIZE) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
  }

  flush(): void {
    if (this.#size === 0) return;
    process.stdout.write(this.#parts.join(''));
    this.#parts = [];
    this.#size = 0;
  }
}

function processIo(interrupt: AbortSignal, out: OutputBuffer, modules: ModuleHost): Io {
  return {
    out: (text) => out.write(text),
    flush: () => out.flush(),
    error: (text) => {
      out.flush();
      process.stderr.write(text);
    },
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
    modules,
    interrupt,
  };
}
