// EM-16: results are kept until what reads them has given its own, and then as long as there is room for them
// (`cluster.intermediate.keep-bytes`). The third stage of this job fails, and one looks what is on disk.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiscardingSink } from 'weir';
import { environment } from './in-both-modes.ts';

for (const keep of ['8 gb', '0 b']) {
  const directory = mkdtempSync(join(tmpdir(), 'weir-seed-'));
  const env = environment('BATCH', {
    'cluster.intermediate.keep-bytes': keep,
    'io.tmp.dirs': directory,
    'weir.job-id': 'em-16',
  });
  let files: readonly string[] = [];
  env
    .fromSequence(1, 3)
    .uid('first')
    .rebalance()
    .map((value) => value)
    .uid('second')
    .rebalance()
    .map((value) => {
      files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
      return value;
    })
    .sinkTo(new DiscardingSink());
  await env.execute();
  const results = files.filter((file) => file.endsWith('.arrow')).length;
  console.log(
    `room for ${keep}: while the third stage runs there are results of ${results} stage${results === 1 ? '' : 's'}`,
  );
  rmSync(directory, { recursive: true });
}
