/** The README's table of what works is what works. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { create, EngineError } from '../../src/index.ts';
import { FEATURES, type Feature, TABLES, type Verdict } from './features.ts';

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
/** Codes of errors that refuse a statement before anything runs. */
const REFUSALS = /^(NOT-SUPPORTED|PLAN-|MODE-)/;

const MODES = ['batch', 'streaming'] as const;

async function verdict(statement: string, mode: string): Promise<Verdict> {
  const environment = create({ configuration: { 'execution.runtime-mode': mode } });
  for await (const result of environment.executeScript(TABLES)) await result.collect();
  try {
    const result = await environment.executeSql(statement);
    await result.collect();
    return 'yes';
  } catch (error) {
    if (error instanceof EngineError && REFUSALS.test(error.code)) return 'no';
    throw error;
  } finally {
    environment.close();
  }
}

describe('README: what works', () => {
  test('the table has the features of features.ts, in their order', () => {
    const mark = (verdict: Verdict): string => (verdict === 'yes' ? 'yes' : 'refused');
    const rows = FEATURES.map(({ name, batch, streaming }) => `| ${name} | ${mark(batch)} | ${mark(streaming)} |`);
    const start = README.indexOf('| Flink SQL |');
    const table = README.slice(start, README.indexOf('\n\n', start)).split('\n').slice(2);
    expect(table).toEqual(rows);
  });

  const cases = FEATURES.flatMap((feature: Feature) =>
    MODES.flatMap((mode) => feature.statements.map((statement) => [feature[mode], mode, statement] as const)),
  );
  test.each(cases)('%s in %s: %s', async (wanted, mode, statement) => {
    expect(await verdict(statement, mode)).toBe(wanted);
  });
});
