/** The terminal and the streams, as the command sees them; tests put in their own. */

export interface Io {
  /** Results. */
  readonly out: (text: string) => void;
  /** Errors, progress and advice. */
  readonly error: (text: string) => void;
  /** All of standard input. */
  readonly readInput: () => Promise<string>;
  readonly inputIsTerminal: boolean;
  /** Columns of the terminal, or null. */
  readonly columns: number | null;
  readonly colors: boolean;
  /** Raised by Ctrl-C. */
  readonly interrupt: AbortSignal;
}

/** What the process ends with. */
export const EXIT = { ok: 0, failed: 1, usage: 2, different: 3, interrupted: 130 } as const;
