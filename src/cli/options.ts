/** The options and sub-commands of `weir`, read by commander. */
import { Command as Commander, CommanderError, InvalidArgumentError, Option } from 'commander';
import { VERSION } from '../base/version.ts';
import type { Command, Input, RunOptions } from './arguments.ts';
import { FORMAT_NAMES } from './format/index.ts';
import { EXIT, type Io } from './io.ts';

interface Parsed {
  readonly file?: string[];
  readonly command?: string[];
  readonly init?: string;
  readonly define: Record<string, string>;
  readonly mode?: string;
  readonly jobId?: string;
  readonly format: string;
}

/** @returns what to do; help and mistakes are written here */
export function readArguments(args: readonly string[], io: Io): Command {
  let command: Command = { kind: 'done', exitCode: EXIT.ok };
  const program = new Commander('weir')
    .description('Flink SQL without a cluster: runs .sql files as BATCH or as STREAMING.')
    .version(VERSION)
    .enablePositionalOptions()
    .showHelpAfterError('(weir --help shows what there is)')
    .configureOutput({ writeOut: io.out, writeErr: io.error })
    .exitOverride();

  const withRunOptions = (target: Commander): Commander =>
    target
      .argument('[files...]', 'SQL files; without any, standard input or, on a terminal, a prompt')
      .option('-f, --file <file>', 'run a SQL file', collect)
      .option('-c, --command <sql>', 'run this SQL', collect)
      .option('-i, --init <file>', 'run this file first')
      .option('-D, --define <key=value>', 'set an option', define, {})
      .option('--job-id <id>', 'name the jobs: run again, they go on where they were')
      .addOption(new Option('--mode <mode>', 'execution.runtime-mode').choices(['streaming', 'batch', 'automatic']))
      .addOption(new Option('--format <format>', 'how results are written').choices(FORMAT_NAMES).default('table'));

  const toRun = (files: readonly string[], parsed: Parsed): { options: RunOptions; inputs: readonly Input[] } => ({
    options: {
      init: parsed.init ?? null,
      configuration: {
        ...parsed.define,
        ...(parsed.mode === undefined ? {} : { 'execution.runtime-mode': parsed.mode }),
        ...(parsed.jobId === undefined ? {} : { 'weir.job-id': parsed.jobId }),
      },
      format: parsed.format,
    },
    inputs: inputsOf([...files, ...(parsed.file ?? [])], parsed.command ?? [], io),
  });
  const run = (files: readonly string[], parsed: Parsed): void => {
    const { options, inputs } = toRun(files, parsed);
    command = inputs.length === 0 ? { kind: 'repl', options } : { kind: 'run', options, inputs };
  };

  withRunOptions(program).action((files: string[], parsed: Parsed) => run(files, parsed));
  withRunOptions(program.command('run').description('run SQL files (the default)')).action(
    (files: string[], parsed: Parsed) => run(files, parsed),
  );
  program
    .command('parse')
    .description('check the syntax of SQL files; - is standard input')
    .argument('<files...>')
    .action((files: string[]) => {
      command = { kind: 'parse', files };
    });
  withRunOptions(
    program.command('compare').description('run every query as STREAMING and as BATCH and compare the results'),
  ).action((files: string[], parsed: Parsed) => {
    command = { kind: 'compare', ...toRun(files, parsed) };
  });
  withRunOptions(program.command('explain').description('show the plans of the queries instead of running them'))
    .option('--details <list>', 'ESTIMATED_COST, CHANGELOG_MODE, PLAN_ADVICE, JSON_EXECUTION_PLAN', '')
    .action((files: string[], parsed: Parsed & { readonly details: string }) => {
      command = { kind: 'explain', ...toRun(files, parsed), details: parsed.details };
    });

  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: 'done', exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.usage };
  }
  return command;
}

function inputsOf(files: readonly string[], commands: readonly string[], io: Io): readonly Input[] {
  const inputs: Input[] = [
    ...files.map((path): Input => (path === '-' ? { kind: 'stdin' } : { kind: 'file', path })),
    ...commands.map((text): Input => ({ kind: 'text', text })),
  ];
  if (inputs.length === 0 && !io.inputIsTerminal) inputs.push({ kind: 'stdin' });
  return inputs;
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function define(value: string, before: Record<string, string>): Record<string, string> {
  const at = value.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError('write key=value.');
  return { ...before, [value.slice(0, at).trim()]: value.slice(at + 1).trim() };
}
