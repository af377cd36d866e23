// EM-14: between two stages of BATCH there are files, which outlive the task that wrote them. This job fails in its second
// stage; what its first stage has written is read as a table, by another session.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, DiscardingSink } from 'weir';
import { environment } from './in-both-modes.ts';

const directory = mkdtempSync(join(tmpdir(), 'weir-seed-'));
const env = environment('BATCH', { 'io.tmp.dirs': directory, 'weir.job-id': 'em-14' });
env
  .fromElements('a disk', 'a net', 'a bolt')
  .uid('things')
  .keyBy((thing) => thing)
  .map((thing): string => {
    throw new Error(`${thing} broke`);
  })
  .sinkTo(new DiscardingSink());
await env.execute().catch((error: Error) => console.log(`the job failed: ${error.message}`));

const tables = create({ configuration: { 'io.tmp.dirs': directory, 'execution.runtime-mode': 'BATCH' } });
const rows = await (await tables.sqlQuery("SELECT * FROM stage('em-14/things') ORDER BY 1")).collect();
for (const { row } of rows) console.log(`  ${JSON.stringify(row)}`);
tables.close();
rmSync(directory, { recursive: true });
