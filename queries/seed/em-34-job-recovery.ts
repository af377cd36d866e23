// EM-34: a BATCH job that has a name (`--job-id`) outlives its process. Killed in its second stage and run again, it goes on
// from the first stage's results, which are whole on disk. In STREAMING it goes on from its last checkpoint.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const directory = mkdtempSync(join(tmpdir(), 'weir-seed-'));
const [node, weir] = process.argv as [string, string];

function run(kill: 'yes' | 'no'): void {
  const { stdout, signal } = spawnSync(
    node,
    [
      ...process.execArgv,
      ...[weir, 'run', join(import.meta.dirname, 'killed-job.ts'), '--job-id', 'em-34'],
      ...['-D', 'execution.runtime-mode=BATCH', '-D', `io.tmp.dirs=${directory}`],
    ],
    { env: { ...process.env, SEED_KILL: kill }, encoding: 'utf8' },
  );
  for (const line of stdout.trimEnd().split('\n')) console.log(`  ${line}`);
  if (signal !== null) console.log(`  the process was ended by ${signal}`);
}

console.log('run');
run('yes');
console.log('run again');
run('no');
rmSync(directory, { recursive: true });
