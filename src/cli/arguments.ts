/** What the command line says, whoever read it. */

export type Command =
  | { readonly kind: 'run'; readonly options: RunOptions; readonly inputs: readonly Input[] }
  | { readonly kind: 'repl'; readonly options: RunOptions }
  | { readonly kind: 'parse'; readonly files: readonly string[] }
  | { readonly kind: 'compare'; readonly options: RunOptions; readonly inputs: readonly Input[] }
  | {
      readonly kind: 'explain';
      readonly options: RunOptions;
      readonly inputs: readonly Input[];
      readonly details: string;
    }
  /** `--help`, `--version`, or a mistake: everything was said already. */
  | { readonly kind: 'done'; readonly exitCode: number };

/** SQL from a file, from the command line, or from standard input. */
export type Input =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'stdin' };

/** Is it a DataStream program, not SQL? */
export function isProgram(path: string): boolean {
  return /\.[cm]?[jt]s$/.test(path);
}

export interface RunOptions {
  /** File whose statements run first. */
  readonly init: string | null;
  /** `-D key=value` */
  readonly configuration: Readonly<Record<string, string>>;
  readonly format: string;
}

const DEFAULT_RUN: RunOptions = { init: null, configuration: {}, format: 'table' };

/**
 * Reads the shortest forms, `FILE` and `-c SQL`, without loading the parser of options.
 *
 * @returns null for all others
 */
export function readQuickly(args: readonly string[]): Command | null {
  const [first, second] = args;
  if (args.length === 2 && (first === '-c' || first === '-f') && second !== undefined) {
    const input: Input = first === '-c' ? { kind: 'text', text: second } : { kind: 'file', path: second };
    return { kind: 'run', options: DEFAULT_RUN, inputs: [input] };
  }
  if (args.length === 1 && first?.endsWith('.sql') === true && !first.startsWith('-')) {
    return { kind: 'run', options: DEFAULT_RUN, inputs: [{ kind: 'file', path: first }] };
  }
  return null;
}
