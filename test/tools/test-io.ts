/** The command's terminal and streams where nobody looks: nothing to read, what is written is dropped. */
import { Readable, Writable } from 'node:stream';
import type { Io } from '../../src/cli/io.ts';

/** @param parts what the test looks at, or puts in */
export function testIo(parts: Partial<Io>): Io {
  return {
    out: () => undefined,
    error: () => undefined,
    input: Readable.from([]),
    output: new Writable({ write: (_chunk, _encoding, done) => done() }),
    inputIsTerminal: false,
    columns: null,
    colors: false,
    modules: { library: null, import: (url) => import(/* @vite-ignore */ url) },
    interrupt: new AbortController().signal,
    ...parts,
  };
}
