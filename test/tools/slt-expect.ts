/**
 * Writes expected blocks into .slt files: each `query` without `----` gets what DuckDB answers, and its column types.
 * To be read before it is committed.
 *
 *   npx tsx test/tools/slt-expect.ts test/slt/join/inner.slt …
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { NotInDuckDb } from '../oracle/dialect.ts';
import { SltOracle } from '../oracle/slt-oracle.ts';
import { rowLines } from '../slt/corpus.ts';
import { readRecords } from '../slt/records.ts';
import { typeLetter } from '../slt/values.ts';

for (const path of process.argv.slice(2)) {
  const text = readFileSync(path, 'utf8');
  const lines = text.split('\n');
  const oracle = await SltOracle.open();
  let shift = 0;
  for (const record of readRecords(text)) {
    try {
      if (record.kind === 'statement' || record.kind === 'rows') await oracle.follow(record);
      if (record.kind !== 'query' || record.expected !== null) continue;
      const { types, rows } = await oracle.answer(record.sql);
      const block = ['----', ...rowLines(rows, types, record.ordered)];
      lines.splice(record.end + shift, 0, ...block);
      const head = record.line - 1 + shift;
      lines[head] = `query ${types.map(typeLetter).join('')}${record.ordered ? ' nosort' : ''}`;
      shift += block.length;
    } catch (error) {
      const name = error instanceof NotInDuckDb ? 'not in DuckDB' : 'failed';
      process.stdout.write(`${path}:${record.line + shift}: ${name}: ${(error as Error).message}\n`);
    }
  }
  oracle.close();
  writeFileSync(path, lines.join('\n'));
}
