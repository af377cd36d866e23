// Runs a SQL file on DuckDB in a process of its own, one thread unless told otherwise, and prints the rows of each
// query.
import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

const [file, threads = '1'] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create(':memory:', { threads })).connect();
for (const statement of readFileSync(file, 'utf8').split(/;\s*$/m)) {
  if (statement.trim() === '') continue;
  const rows = (await connection.runAndReadAll(statement)).getRows();
  for (const row of rows) console.log(row.map(String).join(','));
}
