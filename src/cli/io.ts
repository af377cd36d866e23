/** The terminal and the streams, as the command sees them; tests put in their own. */
import type { ModuleHost } from '../session/program/load-program.ts';

export interface Io {
  /** Results. */
  readonly out: (text: string) => void;
  /** Writes what `out` has held back; default: it holds nothing back. */
  readonly flush?: () => void;
  /** Errors, progress and advice. */
  readonly error: (text: string) => void;
  /** Standard input, and where a prompt is written. */
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly inputIsTerminal: boolean;
  /** Columns of the terminal, or null. */
  readonly columns: number | null;
  readonly colors: boolean;
  /** Loads DataStream programs. */
  readonly modules: ModuleHost;
  /** Raised by Ctrl-C. */
  readonly interrupt: AbortSignal;
}

/** All of standard input. */
export async function readInput({ input }: Io): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** What the process ends with. */
export const EXIT = { ok: 0, failed: 1, usage: 2, different: 3, interrupted: 130 } as const;
