/**
 * Replays the transcripts of the README: in every block marked `console`, a line `$ npx weir …` is a command, and what
 * follows up to the next is what it prints.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from './command.ts';

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

interface Step {
  readonly command: string;
  readonly output: string;
}

/** Commands may go on after a backslash at the end of a line. */
function steps(markdown: string): readonly Step[] {
  const blocks = [...markdown.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ npx weir /m)
      .slice(1)
      .map((step) => {
        const [, command, output] = /^((?:.*\\\n)*.*)\n([\s\S]*)$/.exec(step)!;
        return { command: command!.replaceAll('\\\n', ''), output: output!.trimEnd() };
      }),
  );
}

/** Words as a shell reads them: quotes of both kinds, no expansion. */
function words(command: string): string[] {
  return [...command.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  );
}

describe('README: the tour', () => {
  const all = steps(README);

  test('has steps', () => {
    expect(all.length).toBeGreaterThan(5);
  });

  test.each(all.map((step) => [step.command, step.output]))('npx weir %s', async (command, output) => {
    expect(await run(words(command))).toBe(output);
  });
});
