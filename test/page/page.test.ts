/**
 * Flink's Execution Mode page, row by row: every row of docs/execution-mode.md has an example under queries/seed that
 * prints what the row claims, in both modes, and what it prints is beside it (`.out`), read and reasoned by hand.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { withSubmission } from '../../src/session/program/submission.ts';
import { run } from '../readme/command.ts';

const SEED = join(import.meta.dirname, '../../queries/seed');
const PAGE = readFileSync(join(import.meta.dirname, '../../docs/execution-mode.md'), 'utf8');

interface Example {
  /** `EM-01` */
  readonly row: string;
  readonly file: string;
  /** `two modes` */
  readonly title: string;
}

const examples: readonly Example[] = readdirSync(SEED)
  .filter((name) => /^em-\d\d-.*\.(sql|ts)$/.test(name))
  .sort()
  .map((file) => ({
    row: file.slice(0, 5).toUpperCase(),
    file,
    title: file
      .slice(6)
      .replace(/\.\w+$/, '')
      .replaceAll('-', ' '),
  }));

const { argv, execArgv } = process;

/** What a program prints, its warnings included. One that starts the command again starts it from its sources. */
async function runProgram(file: string): Promise<string> {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  vi.spyOn(console, 'log').mockImplementation(print);
  process.argv = [process.execPath, join(import.meta.dirname, '../../src/cli/weir.ts')];
  process.execArgv = ['--import', 'tsx'];
  const submission = {
    file,
    configuration: {},
    signal: new AbortController().signal,
    onWarning: ({ message }: { readonly message: string }) => print(`weir: warning: ${message}`),
    onPrint: (_stream: string, line: string) => print(line),
  };
  await withSubmission(submission, () => import(/* @vite-ignore */ file));
  return lines.join('\n');
}

afterEach(() => {
  Object.assign(process, { argv, execArgv });
  vi.restoreAllMocks();
});

describe('the Execution Mode page', () => {
  test.each(examples)('$row: $title', async ({ file }) => {
    const path = join(SEED, file);
    const transcript = path.replace(/\.\w+$/, '.out');
    expect(existsSync(transcript), `${transcript} is missing`).toBe(true);
    const printed = file.endsWith('.ts')
      ? await runProgram(path)
      : await run(['--format', 'table', `queries/seed/${file}`]);
    expect(printed.trimEnd()).toBe(readFileSync(transcript, 'utf8').trimEnd());
  });

  test('has 35 rows, and an example for each of them', () => {
    const rows = [...PAGE.matchAll(/^\| (EM-\d\d) \|.*\| `queries\/seed\/(.*?)` \|$/gm)];
    expect(rows.map(([, row]) => row)).toEqual(
      Array.from({ length: 35 }, (_, i) => `EM-${String(i + 1).padStart(2, '0')}`),
    );
    for (const [, row, file] of rows)
      expect(
        examples.some((example) => example.row === row && example.file === file),
        row,
      ).toBe(true);
  });
});
