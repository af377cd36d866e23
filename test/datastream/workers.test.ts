/** Programs in several threads: each worker loads the program again and finds its functions. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadProgram } from '../../src/session/program/load-program.ts';
import { withSubmission } from '../../src/session/program/submission.ts';

const library = new URL('../../src/index.ts', import.meta.url).href;

/** The lines that a program of `fixtures` prints. */
async function run(
  program: string,
  configuration: Readonly<Record<string, string>>,
  onWarning: (warning: { readonly message: string }) => void = () => undefined,
): Promise<readonly string[]> {
  const file = join(import.meta.dirname, 'fixtures', program);
  const lines: string[] = [];
  const submission = {
    file,
    library,
    configuration,
    onWarning,
    onPrint: (_stream: string, line: string) => lines.push(line),
  };
  const load = JSON.stringify(configuration);
  await withSubmission(submission, () => loadProgram(file, { library: null, import: (url) => import(url) }, load));
  return lines;
}

const LAST = ['be 2', 'dream 1', 'is 1', 'not 1', 'or 1', 'question 1', 'sleep 1', 'that 1', 'the 1', 'to 4'];

test.each([
  ['STREAMING', '1'],
  ['STREAMING', '2'],
  ['BATCH', '2'],
])('word count in %s by %s subtasks', async (mode, parallelism) => {
  const lines = await run('word-count.ts', {
    'execution.runtime-mode': mode,
    'parallelism.default': parallelism,
    'taskmanager.numberOfTaskSlots': '1',
  });
  const counts = lines.map((line) => line.replace(/^\d> /, ''));
  expect(counts).toHaveLength(14);
  const last = new Map(counts.map((line) => line.split(' ') as [string, string]));
  for (const line of counts) {
    const [word, count] = line.split(' ') as [string, string];
    if (Number(count) > Number(last.get(word))) last.set(word, count);
  }
  expect([...last].map((entry) => entry.join(' ')).sort()).toEqual(LAST);
  const subtasks = new Set(lines.map((line) => /^(\d)> /.exec(line)?.[1]));
  expect(subtasks.size).toBe(Number(parallelism));
});

test('queries and earlier jobs do not run again in the workers', async () => {
  const lines = await run('two-jobs.ts', { 'parallelism.default': '2', 'taskmanager.numberOfTaskSlots': '1' });
  expect(lines.map((line) => line.replace(/^\d> /, '')).sort()).toEqual(['10', '20', '30', '40', 'rows 2']);
});

test('EM-25: a subtask on a worker warns of the timers that it drops', async () => {
  const warnings: string[] = [];
  const options = { 'execution.runtime-mode': 'BATCH', 'parallelism.default': '2' };
  const lines = await run('dropped-timers.ts', options, ({ message }) => warnings.push(message));
  expect(lines.map((line) => Number(line.replace(/^\d> /, ''))).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(warnings.sort()).toEqual(
    ['1/2', '2/2'].map((subtask) => {
      const task = `KeyedProcess -> Print to Std. Out: Writer (${subtask})`;
      return `timers that ${task} registers while the timers of a key fire are dropped in BATCH`;
    }),
  );
});
