/** The command in this process, as a terminal shows it. */
import { Readable, Writable } from 'node:stream';
import type { Io } from '../../src/cli/io.ts';
import { runCommand } from '../../src/cli/main.ts';

let runs = 0;

/** Both streams in the order of writing, as a terminal shows them. */
export async function run(args: readonly string[]): Promise<string> {
  let text = '';
  const write = (part: string): void => {
    text += part;
  };
  const io: Io = {
    out: write,
    error: write,
    input: Readable.from([]),
    output: new Writable(),
    inputIsTerminal: true,
    columns: null,
    colors: false,
    // A program runs whenever it is loaded: each time it is another module.
    modules: { library: null, import: (url) => import(/* @vite-ignore */ `${url}?run=${runs++}`) },
    interrupt: new AbortController().signal,
  };
  await runCommand(args, io);
  return text.trimEnd();
}
