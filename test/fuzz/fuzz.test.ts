/** Random queries obey the law; so do the cases that once broke it. Campaigns: test/tools/fuzz.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FuzzCase } from './cases.ts';
import { randomCase } from './generate.ts';
import { Law } from './law.ts';
import { printQuery } from './print.ts';
import { createTable } from './tables.ts';

const SEEDS = 40;
const FOLDER = join(import.meta.dirname, 'regressions');

let law: Law;

beforeAll(async () => {
  law = await Law.open();
});

afterAll(() => law.close());

async function obeys(fuzz: FuzzCase): Promise<void> {
  const verdict = await law.judge(fuzz);
  const script = [...fuzz.tables.map(createTable), printQuery(fuzz)].join(';\n');
  expect(verdict.kind === 'broken' ? `${verdict.run}: ${verdict.reason}\n${script}` : 'obeyed').toBe('obeyed');
}

const regressions = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .sort();

describe('random queries', () => {
  test.each(Array.from({ length: SEEDS }, (_, i) => i + 1))('seed %i', async (seed) => obeys(randomCase(seed)));
});

describe.skipIf(regressions.length === 0)('regressions', () => {
  test.each(regressions)('%s', async (file) => {
    await obeys(JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as FuzzCase);
  });
});
