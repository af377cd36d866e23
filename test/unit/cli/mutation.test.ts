/**
 * Every query of the corpus with seeded mistakes in it, as the command runs it: rows, or the exit code 1 with the place
 * of the mistake; never a mistake of ours, a stack trace, or a file that looks whole.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formatByName } from '../../../src/cli/format/index.ts';
import { runScript } from '../../../src/cli/run-script.ts';
import { create } from '../../../src/index.ts';
import { parse } from '../../../src/sql/parse.ts';
import { type SltFile, sltFiles } from '../../slt/corpus.ts';
import { Runner } from '../../slt/runner.ts';
import { testIo } from '../../tools/test-io.ts';
import { mutant, sequence, wordsOf } from './mutants.ts';

/** Mutants of each statement; WEIR_FUZZ in the environment multiplies it. */
const MUTANTS = 2 * Number(process.env.WEIR_FUZZ ?? 1);

const directory = mkdtempSync(join(tmpdir(), 'weir-mutants-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** What only Weir's own mistakes print. */
const INTERNAL = /internal error|invariant|\n {4}at |undefined|\[object/;
/** Errors of running rows have no place in the text. */
const PLACE = /^[^:\n]+:\d+:\d+: /m;

type Environment = ReturnType<typeof create>;

async function run(environment: Environment, text: string): Promise<{ readonly code: number; readonly error: string }> {
  let error = '';
  const io = testIo({
    error: (part) => {
      error += part;
    },
    interrupt: AbortSignal.timeout(20_000),
  });
  const code = await runScript(environment, { text, file: 'mutant.sql' }, formatByName('jsonl'), io);
  return { code, error };
}

async function prepared(file: SltFile, mode: 'batch' | 'streaming'): Promise<Environment> {
  const environment = create({ configuration: { 'execution.runtime-mode': mode }, allowedPaths: [directory] });
  const runner = new Runner(environment, mode);
  for (const record of file.records) {
    if (record.kind === 'rows' || (record.kind === 'statement' && record.error === null)) await runner.run(record);
  }
  return environment;
}

const files = sltFiles();
const pool = files.flatMap(({ records }) => records.flatMap(({ sql }) => (isText(sql) ? wordsOf(sql) : [])));

function isText(sql: string): boolean {
  try {
    parse(sql);
    return sql.trim() !== '';
  } catch {
    return false;
  }
}

describe.each(['batch', 'streaming'] as const)('%s', (mode) => {
  test.each(files.map((file) => [file.name, file] as const))('%s', async (_name, file) => {
    const environment = await prepared(file, mode);
    const wrong: string[] = [];
    for (const [number, { kind, sql }] of file.records.entries()) {
      if (kind !== 'query' || !isText(sql)) continue;
      const next = sequence(number * 7919 + MUTANTS);
      for (let i = 0; i < MUTANTS; i++) {
        const text = mutant(wordsOf(sql), pool, next);
        const { code, error } = await run(environment, text);
        const bad = code === 0 ? false : code !== 1 || INTERNAL.test(error) || !PLACE.test(error);
        if (bad) wrong.push(`${text.trim()}\n=> ${code} ${error}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
