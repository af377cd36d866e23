// EM-31: BATCH takes no checkpoints: where they are configured the job says so and goes on. Sinks commit at the end of the
// input. In STREAMING they commit with every checkpoint.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StreamSink } from 'weir';
import { environment, MODES } from './in-both-modes.ts';

async function* slow(): AsyncGenerator<number> {
  for (const value of [1, 2, 3]) {
    yield value;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** Notes how many values each commit makes visible. */
function committing(commits: number[]): StreamSink<number> {
  return {
    createWriter: () => {
      let values: number[] = [];
      return {
        write: (value) => void values.push(value),
        prepareCommit: () => {
          const ready = values.length === 0 ? [] : [values];
          values = [];
          return ready;
        },
      };
    },
    createCommitter: () => ({
      commit: (committables) => void commits.push((committables as number[][]).flat().length),
    }),
  };
}

for (const mode of MODES) {
  console.log(mode);
  const directory = mkdtempSync(join(tmpdir(), 'weir-seed-'));
  const commits: number[] = [];
  const env = environment(mode, {
    'execution.checkpointing.interval': '30 ms',
    'execution.checkpointing.dir': directory,
  });
  env.fromCollection(slow()).sinkTo(committing(commits));
  await env.execute();
  rmSync(directory, { recursive: true });
  const values = commits.filter((count) => count > 0);
  console.log(`  3 values, ${values.length > 1 ? 'visible bit by bit' : 'visible at once, at the end'}`);
}
