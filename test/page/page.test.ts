/**
 * Flink's Execution Mode page, row by row: every row of docs/execution-mode.md has an example under queries/seed that
 * prints what the row claims, in both modes, and what it prints is here beside it (`.out`), read and reasoned by hand.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../readme/command.ts';

const SEED = join(import.meta.dirname, '../../queries/seed');

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

describe('the Execution Mode page', () => {
  test.each(examples)('$row: $title', async ({ file }) => {
    const transcript = join(SEED, file.replace(/\.\w+$/, '.out'));
    expect(existsSync(transcript), `${transcript} is missing`).toBe(true);
    expect(await run(['--format', 'table', `queries/seed/${file}`])).toBe(readFileSync(transcript, 'utf8').trimEnd());
  });
});
