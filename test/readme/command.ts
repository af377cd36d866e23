/** The command in this process, as a terminal shows it. */
import { runCommand } from '../../src/cli/main.ts';
import { testIo } from '../tools/test-io.ts';

let runs = 0;

/** Both streams in the order of writing, as a terminal shows them. */
export async function run(args: readonly string[]): Promise<string> {
  let text = '';
  const write = (part: string): void => {
    text += part;
  };
  const io = testIo({
    out: write,
    error: write,
    inputIsTerminal: true,
    // A program runs whenever it is loaded: each time it is another module.
    modules: { library: null, import: (url) => import(/* @vite-ignore */ `${url}?run=${runs++}`) },
  });
  await runCommand(args, io);
  return text.trimEnd();
}
