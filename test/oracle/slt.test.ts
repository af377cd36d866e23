/** The corpus's expected blocks are what DuckDB answers, wherever DuckDB can say the query. */
import { describe, expect, test } from 'vitest';
import { rowLines, sltFiles } from '../slt/corpus.ts';
import { readValues } from '../slt/records.ts';
import { sameText } from '../slt/values.ts';
import { NotInDuckDb } from './dialect.ts';
import { SltOracle } from './slt-oracle.ts';

describe('the corpus and DuckDB', () => {
  test.each(sltFiles())('$name', async ({ records }) => {
    const oracle = await SltOracle.open();
    const failures: string[] = [];
    for (const record of records) {
      // `skipif duckdb reason`: where Flink and DuckDB mean different things.
      if (record.conditions.some(({ only, name }) => !only && name === 'duckdb')) continue;
      if (record.kind === 'rows' || (record.kind === 'statement' && record.error === null)) await oracle.follow(record);
      if (record.kind !== 'query') continue;
      try {
        const { types, rows } = await oracle.answer(record.sql);
        const theirs = rowLines(rows, types, record.ordered).map(readValues);
        const ours = (record.ordered ? record.expected! : [...record.expected!].sort()).map(readValues);
        const same =
          ours.length === theirs.length &&
          ours.every((row, i) => row.every((text, j) => sameText(text, theirs[i]![j] ?? '', types[j]!)));
        if (!same) {
          const lines = (list: readonly (readonly string[])[]) => list.map((row) => row.join('  ')).join('\n');
          failures.push(`line ${record.line}: ${record.sql}\nexpected\n${lines(ours)}\nDuckDB\n${lines(theirs)}`);
        }
      } catch (error) {
        if (!(error instanceof NotInDuckDb)) failures.push(`line ${record.line}: ${(error as Error).message}`);
      }
    }
    oracle.close();
    expect(failures.join('\n\n')).toBe('');
  });
});
