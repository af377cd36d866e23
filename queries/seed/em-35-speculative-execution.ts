// EM-35: with `execution.batch.speculative.enabled` a task of BATCH that takes much longer than its siblings is tried a second
// time beside itself, and the try that ends first counts. It is off by default.
import { type StreamSource, WatermarkStrategy } from 'weir';
import { environment } from './in-both-modes.ts';

const SLOW = 2;

/** Four splits of one number each. Whoever reads the slow one for the first time does not get on. */
function numbers(): { readonly source: StreamSource<number>; tries(): number } {
  let tries = 0;
  const source: StreamSource<number> = {
    boundedness: 'BOUNDED',
    splits: () => [0, 1, 2, 3],
    createReader: () => {
      const mine: number[] = [];
      let stuckUntil: number | null = null;
      return {
        addSplits: (splits) => void mine.push(...(splits as number[])),
        poll: () => {
          const split = mine[0];
          if (split === undefined) return 'end-of-input';
          if (split === SLOW) {
            if (stuckUntil === null) stuckUntil = tries++ === 0 ? Date.now() + 3000 : 0;
            if (Date.now() < stuckUntil) return 'nothing-yet';
          }
          mine.shift();
          return { values: [split] };
        },
        snapshot: () => mine,
      };
    },
  };
  return { source, tries: () => tries };
}

for (const enabled of ['false', 'true']) {
  const { source, tries } = numbers();
  const env = environment('BATCH', {
    'parallelism.default': '4',
    'taskmanager.numberOfTaskSlots': '4',
    'execution.batch.speculative.enabled': enabled,
    'slow-task-detector.check-interval': '50 ms',
    'slow-task-detector.execution-time.baseline-lower-bound': '100 ms',
  });
  const values = await env
    .fromSource(source, WatermarkStrategy.noWatermarks(), 'numbers')
    .executeAndCollect()
    .toArray();
  console.log(
    `enabled: ${enabled}; ${values.sort().join(', ')}; the slow task was tried ${tries() === 1 ? 'once' : 'twice'}`,
  );
}
