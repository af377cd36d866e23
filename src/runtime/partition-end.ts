/** The end of a chain that writes to the results of its task: main output and side outputs, each to its edges. */
import type { ResultPartition } from '../shuffle/result-partition.ts';
import type { ChainEnd } from './chain.ts';
import type { Counters } from './metrics.ts';

export interface TaskResult {
  readonly partition: ResultPartition;
  /** `OutputTag.id`; null: the main output. */
  readonly sideOutput: string | null;
}

export function partitionEnd(results: readonly TaskResult[], counters: Counters): ChainEnd {
  const of = (tag: string | null): ResultPartition[] =>
    results.filter(({ sideOutput }) => sideOutput === tag).map(({ partition }) => partition);
  const all = results.map(({ partition }) => partition);
  const main = of(null);
  const sides = new Map(results.map(({ sideOutput }) => [sideOutput, of(sideOutput)]));
  return {
    emitBatch: (batch) => {
      if (batch.rowCount === 0) return;
      counters.add('numRecordsOut', batch.rowCount);
      for (const partition of main) partition.emitBatch(batch);
    },
    emitRecords: (records) => {
      if (records.values.length === 0) return;
      counters.add('numRecordsOut', records.values.length);
      for (const partition of main) partition.emitRecords(records);
    },
    emitSideOutput: (tag, records) => {
      for (const partition of sides.get(tag) ?? []) partition.emitRecords(records);
    },
    emitWatermark: (timestamp) => {
      for (const partition of all) partition.emitWatermark(timestamp);
    },
    emitStatus: (idle) => {
      for (const partition of all) partition.emitStatus(idle);
    },
  };
}
