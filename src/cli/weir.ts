#!/usr/bin/env node
/** The command `weir`: sets the process up, hands the arguments over, and ends with an exit code. */
import * as module from 'node:module';
import { EXIT, type Io } from './io.ts';

// Node 22 and later keep compiled code on disk, so that the next start is quicker.
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();

const interrupt = new AbortController();
process.on('SIGINT', () => {
  if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
  interrupt.abort();
});
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe has had enough.
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
});

const io: Io = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  readInput: async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
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
  interrupt: interrupt.signal,
};

const { runCommand } = await import('./main.ts');
const code = await runCommand(process.argv.slice(2), io);
process.exitCode = code;
// Open handles (a terminal, a source that was cancelled) must not keep a finished command alive.
await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
process.exit(code);
