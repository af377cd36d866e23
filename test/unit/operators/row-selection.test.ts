import { describe, expect, it } from 'vitest';
import { create } from '../../../src/index.ts';

/** Columns that are stored in one, two, four and eight bytes, one with NULLs, and strings of a dictionary. */
const COLUMNS = {
  tiny: ['MOD(n, 100) - 50', (n: number) => (n % 100) - 50],
  another: ['MOD(n, 37) - 20', (n: number) => (n % 37) - 20],
  small: ['MOD(n, 3000) - 1500', (n: number) => (n % 3000) - 1500],
  further: ['MOD(n * 7, 2900) - 1400', (n: number) => ((n * 7) % 2900) - 1400],
  medium: ['MOD(n * 7919, 1000003)', (n: number) => (n * 7919) % 1000003],
  huge: ['n * 3000000000', (n: number) => n * 3_000_000_000],
  word: [
    "CASE MOD(n, 4) WHEN 0 THEN 'alpha' WHEN 1 THEN 'beta' WHEN 2 THEN 'gamma' ELSE '' END",
    (n: number) => ['alpha', 'beta', 'gamma', ''][n % 4]!,
  ],
  maybe: ["CASE MOD(n, 3) WHEN 0 THEN 'yes' WHEN 1 THEN 'no' END", (n: number) => ['yes', 'no', null][n % 3]!],
  nulls: ['CASE WHEN MOD(n, 5) = 0 THEN NULL ELSE n END', (n: number) => (n % 5 === 0 ? null : n)],
} as const;

type Row = { readonly [Name in keyof typeof COLUMNS]: ReturnType<(typeof COLUMNS)[Name][1]> };

const FILTERS: readonly (readonly [string, (row: Row) => boolean])[] = [
  ['tiny = -50', ({ tiny }) => tiny === -50],
  ['tiny <> 7 AND tiny <> -8 AND tiny < -20', ({ tiny }) => tiny !== 7 && tiny !== -8 && tiny < -20],
  ['another < tiny AND tiny <= -1', ({ tiny, another }) => another < tiny && tiny <= -1],
  ['small >= -1500 AND small < -900', ({ small }) => small >= -1500 && small < -900],
  ['small > further AND tiny > 10', ({ small, further, tiny }) => small > further && tiny > 10],
  ['70000 > medium', ({ medium }) => medium < 70000],
  ['huge <= 900000000000', ({ huge }) => huge <= 900_000_000_000],
  [
    'tiny >= 0 AND small < 0 AND medium > 500000 AND huge > 6000000000000',
    ({ tiny, small, medium, huge }) => tiny >= 0 && small < 0 && medium > 500000 && huge > 6_000_000_000_000,
  ],
  // Beside tests of other kinds.
  ['tiny = 3 AND nulls > 2000', ({ tiny, nulls }) => tiny === 3 && nulls !== null && nulls > 2000],
  ['tiny > 300', () => false],
  // Of strings: each one that there is is tested once.
  ["word = 'beta'", ({ word }) => word === 'beta'],
  ["word LIKE '%a' AND word <> 'alpha' AND small > 0", ({ word, small }) => /^(beta|gamma)$/.test(word) && small > 0],
  ["word IN ('', 'gamma') AND maybe = 'no'", ({ word, maybe }) => ['', 'gamma'].includes(word) && maybe === 'no'],
  ["maybe <> 'no' AND CHAR_LENGTH(word) = 5", ({ word, maybe }) => maybe === 'yes' && word.length === 5],
  ['small < tiny AND MOD(medium, 3) = 1', ({ small, tiny, medium }) => small < tiny && medium % 3 === 1],
];

describe.each(['wasm', 'js', 'interpreter'] as const)('rows that pass a filter (%s)', (backend) => {
  it('are those that pass it one by one', async () => {
    // Not a multiple of what is tested at once.
    const count = backend === 'interpreter' ? 4301 : 20_003;
    const environment = create({
      configuration: { 'execution.runtime-mode': 'batch', 'weir.codegen.backend': backend },
    });
    await environment.executeSql(`CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen',
      'number-of-rows' = '${count}', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '${count}')`);
    const columns = Object.entries(COLUMNS).map(([name, [text]]) => `${text} AS ${name}`);
    const write = `CREATE TABLE t WITH ('connector' = 'memory') AS SELECT n, ${columns.join()} FROM numbers`;
    await (await environment.executeSql(write)).wait();
    const rows = Array.from({ length: count }, (_, i) => {
      return Object.fromEntries(Object.entries(COLUMNS).map(([name, [, value]]) => [name, value(i + 1)])) as Row;
    });
    for (const [filter, passes] of FILTERS) {
      const numbers = rows.flatMap((row, i) => (passes(row) ? [i + 1] : []));
      const found: unknown[] = [];
      for await (const { row } of await environment.executeSql(`SELECT COUNT(*) c, SUM(n) s FROM t WHERE ${filter}`)) {
        found.push(row);
      }
      const sum = numbers.length === 0 ? null : numbers.reduce((a, b) => a + b, 0);
      expect(found, filter).toEqual([{ c: numbers.length, s: sum }]);
    }
    await environment.close();
  });
});
