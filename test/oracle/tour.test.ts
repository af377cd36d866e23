/** The tour: each file runs alone, says something, and comes to the same in both modes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compare, create } from '../../src/index.ts';

const FOLDER = join(import.meta.dirname, '../../queries/tour');

const files = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.sql'))
  .sort();

describe.each(files)('%s', (file) => {
  const text = readFileSync(join(FOLDER, file), 'utf8');

  test('runs, and every query has rows', async () => {
    let queries = 0;
    for await (const result of create().executeScript(text)) {
      const rows = await result.collect();
      if (result.mode === null) continue;
      queries++;
      expect(rows.length).toBeGreaterThan(0);
    }
    expect(queries > 0 || file.includes('explain')).toBe(true);
  });

  test('comes to the same in both modes', async () => {
    for await (const { query, equal, intended, differences, errors } of compare(text)) {
      const failure = errors.streaming?.message ?? errors.batch?.message ?? '';
      expect(equal || intended !== null ? '' : `${query}\n${failure} ${differences.length} differences`).toBe('');
    }
  });
});
