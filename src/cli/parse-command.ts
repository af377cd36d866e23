/** `weir parse`: checks the syntax of files, all of them, and says how many statements each holds. */
import { nodeFileSystem } from '../base/fs.ts';
import { checkSyntax } from '../session/check-syntax.ts';
import { reportError } from './errors.ts';
import { EXIT, type Io, readInput } from './io.ts';

export async function parseFiles(files: readonly string[], io: Io): Promise<number> {
  let code: number = EXIT.ok;
  for (const file of files) {
    const text = file === '-' ? await readInput(io) : nodeFileSystem.readText(file);
    const { statements, error } = checkSyntax(text, file);
    if (error === null) io.out(`${file}: ${statements} ${statements === 1 ? 'statement' : 'statements'}\n`);
    else {
      reportError(io, error, text, file);
      code = EXIT.failed;
    }
  }
  return code;
}
