/** Carries out what the command line asks for; returns the exit code. */
import { unreachable } from '../base/assert.ts';
import { EngineError } from '../base/errors.ts';
import { nodeFileSystem } from '../base/fs.ts';
import { createTableEnvironment } from '../session/create.ts';
import type { TableEnvironment } from '../session/table-environment.ts';
import { workerPool } from '../session/worker-pool.ts';
import { type Command, type Input, isProgram, type RunOptions, readQuickly } from './arguments.ts';
import { reportError, reportWarning } from './errors.ts';
import type { Format } from './format/format.ts';
import { formatByName } from './format/index.ts';
import { EXIT, type Io, readInput } from './io.ts';
import { formatContext, runScript, type Script } from './run-script.ts';

export async function runCommand(args: readonly string[], io: Io): Promise<number> {
  const command = readQuickly(args) ?? (await import('./options.ts')).readArguments(args, io);
  try {
    return await carryOut(command, io);
  } catch (error) {
    if (io.interrupt.aborted) return EXIT.interrupted;
    reportError(io, error);
    return error instanceof EngineError ? EXIT.usage : EXIT.failed;
  }
}

async function carryOut(command: Command, io: Io): Promise<number> {
  switch (command.kind) {
    case 'done':
      return command.exitCode;
    case 'parse':
      return (await import('./parse-command.ts')).parseFiles(command.files, io);
    case 'run': {
      const format = formatByName(command.options.format);
      const environment = prepare(command.options, format, io);
      return run(environment, command.options, command.inputs, io, {
        script: (script) => runScript(environment, script, format, io),
        program: async (file) => (await import('./program-command.ts')).runProgram(file, command.options, io),
      });
    }
    case 'repl': {
      const format = formatByName(command.options.format);
      const environment = prepare(command.options, format, io);
      const code = await runInit(environment, command.options, io);
      if (code !== EXIT.ok) return code;
      // What is typed later wins over what was said at the start.
      environment.session.fixedOptions = new Set();
      return (await import('./repl.ts')).runRepl(environment, format, io);
    }
    case 'compare': {
      const { compareFiles } = await import('./compare-command.ts');
      const { init } = command.options;
      const inits = await readInputs(init === null ? [] : [{ kind: 'file', path: init }], io);
      return compareFiles(command.options, inits, await readInputs(command.inputs, io), io);
    }
    case 'explain': {
      const { explainScript } = await import('./explain-command.ts');
      const format = formatByName(command.options.format);
      const environment = prepare(command.options, format, io);
      return run(environment, command.options, command.inputs, io, {
        script: (script) => explainScript(environment, script, command.details, io),
        program: async (file) => (await import('./program-command.ts')).explainProgram(file, command.options, io),
      });
    }
    default:
      return unreachable(command);
  }
}

function prepare(options: RunOptions, format: Format, io: Io): TableEnvironment {
  const environment: TableEnvironment = createTableEnvironment({
    ...(io.modules.library === null ? {} : { workers: workerPool(io.modules.library) }),
    configuration: options.configuration,
    fixedOptions: Object.keys(options.configuration),
    onWarning: (warning) => reportWarning(io, warning),
    onSinkChanges: (delivered) => format.writeSink(delivered, formatContext(environment, io)),
    onPrint: (stream, line) => (stream === 'stdout' ? io.out : io.error)(`${line}\n`),
  });
  return environment;
}

interface Carriers {
  readonly script: (script: Script) => Promise<number>;
  readonly program: (file: string) => Promise<number>;
}

/** The init file, then each input until one fails. */
async function run(
  environment: TableEnvironment,
  options: RunOptions,
  inputs: readonly Input[],
  io: Io,
  { script, program }: Carriers,
): Promise<number> {
  const initialised = await runInit(environment, options, io);
  if (initialised !== EXIT.ok) return initialised;
  for (const input of inputs) {
    const isFile = input.kind === 'file';
    const code =
      isFile && isProgram(input.path) ? await program(input.path) : await script(await readScript(input, io));
    if (code !== EXIT.ok) return code;
  }
  return EXIT.ok;
}

async function runInit(environment: TableEnvironment, { init, format }: RunOptions, io: Io): Promise<number> {
  if (init === null) return EXIT.ok;
  const script = await readScript({ kind: 'file', path: init }, io);
  return runScript(environment, script, formatByName(format), io);
}

/** @throws EngineError if a file cannot be read */
async function readInputs(inputs: readonly Input[], io: Io): Promise<readonly Script[]> {
  const scripts: Script[] = [];
  for (const input of inputs) scripts.push(await readScript(input, io));
  return scripts;
}

async function readScript(input: Input, io: Io): Promise<Script> {
  switch (input.kind) {
    case 'file':
      return { text: nodeFileSystem.readText(input.path), file: input.path };
    case 'text':
      return { text: input.text, file: '-c' };
    case 'stdin':
      return { text: await readInput(io), file: '<stdin>' };
  }
}
