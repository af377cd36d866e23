/**
 * Keyed state that grows: a STREAMING group aggregate (COUNT, SUM, mini-batch) that gets new keys only, in batches of
 * 2048 rows. What counts is the worst batch, by CPU, since the machine may be busy: growth must not stall the stream.
 *
 * Then checkpoints are taken, and batches go on between the pieces in which they are written, as in a task. The pause is
 * the longest that a batch waits because of the checkpoint: at the barrier, for the piece before it, or for the segments
 * that it changes and that have to be copied first.
 */
import { systemClock } from '../../src/base/clock.ts';
import { Configuration } from '../../src/base/config.ts';
import { nodeFileSystem } from '../../src/base/fs.ts';
import { Batch, columnOf } from '../../src/columnar/batch.ts';
import type { OperatorContext } from '../../src/dataflow/operator.ts';
import { ModuleCache } from '../../src/kernel/cache.ts';
import { kernelCompiler } from '../../src/kernel/program.ts';
import { LinearMemory } from '../../src/memory/arena.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { SpillDirectory } from '../../src/memory/spill-file.ts';
import { operatorSpec } from '../../src/operators/define.ts';
import { operatorFactory } from '../../src/operators/index.ts';
import type { GroupAggregateParams } from '../../src/operators/specs.ts';
import { OperatorStates, StateFileWriter } from '../../src/runtime/checkpoint/task-snapshot.ts';
import type { StateHandle } from '../../src/runtime/task-executor-gateway.ts';
import { BIGINT, nullable } from '../../src/types/data-type.ts';
import { schemaOf } from '../../src/types/schema.ts';
import { median, type Report, round } from './report.ts';

export interface StateOptions {
  /** Groups to grow to. */
  readonly keys: number;
  readonly report: Report;
}

const ROWS = 2048;
const ROW_TYPE = nullable(BIGINT, false);
const PAUSE_BYTES = 20e6;

const params: GroupAggregateParams = {
  keys: [0],
  calls: [
    { fn: 'COUNT', args: [], distinct: false, filter: null, type: ROW_TYPE },
    { fn: 'SUM', args: [1], distinct: false, filter: null, type: ROW_TYPE },
  ],
  generateUpdateBefore: false,
  inputRetracts: false,
  stateTtl: 0,
  miniBatch: true,
};

export async function state({ keys, report }: StateOptions): Promise<void> {
  const memory = new LinearMemory();
  const schema = (count: number) =>
    schemaOf(Array.from({ length: count }, (_, i) => ({ name: `f${i}`, type: ROW_TYPE })));
  const spec = operatorSpec('group-aggregate', 'GroupAggregate', params, [schema(2)], schema(3));
  const operator = operatorFactory(spec.kind).create(spec);
  const spill = new SpillDirectory(memory, nodeFileSystem);
  const context: OperatorContext = {
    taskName: 'bench',
    attempt: 0,
    log: () => {},
    subtaskIndex: 0,
    parallelism: 1,
    maxParallelism: 128,
    output: { emitBatch: () => {}, emitRecords: () => {}, emitWatermark: () => {} },
    memory,
    budget: new MemoryBudget(Number.POSITIVE_INFINITY),
    spill,
    compiler: kernelCompiler(memory, new ModuleCache()),
    configuration: new Configuration({}),
    clock: systemClock,
    metrics: { add: () => {} },
    rendezvous: null,
    restored: null,
  };
  operator.open(context);
  const values = memory.allocate(ROWS * 8);
  const batch = new Batch(ROWS, [columnOf(ROW_TYPE, values, 0), columnOf(ROW_TYPE, values, 0)], 0, () => {});
  /** Key after key, scattered over 64 bits. */
  const feed = (keyOf: (row: number) => number): number => {
    for (let i = 0; i < ROWS; i++) {
      const key = keyOf(i);
      memory.u32[(values + i * 8) >>> 2] = Math.imul(key, 0x9e3779b1);
      memory.u32[(values + i * 8 + 4) >>> 2] = key;
    }
    return cpuOf(() => operator.processBatch(batch, 0));
  };
  const times: number[] = [];
  for (let first = 0; first < keys; first += ROWS) times.push(feed((row) => first + row));
  const total = times.reduce((sum, time) => sum + time, 0);
  report({
    state: 'grow',
    keys,
    worstBatchMs: round(Math.max(...times)),
    medianBatchMs: round(median(times), 3),
    cpuNsPerRow: round((total * 1e6) / (times.length * ROWS), 0),
    megabytes: round(memory.statistics.used / 1e6, 0),
  });
  const usual = median(times);
  const directory = nodeFileSystem.makeTemporaryDirectory('weir-bench-');
  const checkpoint = async (
    name: string,
    id: number,
    base: number | null,
    keyOf: (batch: number, row: number) => number,
  ): Promise<void> => {
    const states = new OperatorStates();
    const barrierMs = cpuOf(() => states.take('bench', operator, id, base));
    const file = new StateFileWriter(nodeFileSystem, `${directory}/${id}`, 0, states);
    let handles: readonly StateHandle[] | null = null;
    let pauseMs = 0;
    let rounds = 0;
    while (handles === null) {
      const pieceMs = cpuOf(() => {
        handles = file.step();
      });
      const batchMs = feed((row) => keyOf(rounds, row) % keys);
      pauseMs = Math.max(pauseMs, (rounds === 0 ? barrierMs : 0) + pieceMs + batchMs - usual);
      rounds++;
      await file.waitsFor;
    }
    nodeFileSystem.remove(`${directory}/${id}`);
    const bytes = (handles as readonly StateHandle[]).reduce((sum, { length }) => sum + length, 0);
    report({
      state: name,
      changedMegabytes: round(bytes / 1e6),
      barrierMs: round(barrierMs, 2),
      pauseMs: round(pauseMs),
      pausePer20MB: round((pauseMs * PAUSE_BYTES) / bytes),
      pieces: rounds,
    });
  };
  /** Some keys, scattered over all segments: the worst case for pages. */
  const window = (id: number, batch: number, row: number): number => id * 7919 + batch * 104_729 + row;
  await checkpoint('whole', 1, null, (batch, row) => window(1, batch, row));
  for (let id = 2; id < 8; id++) {
    for (let batch = 0; batch < 4; batch++) feed((row) => window(id, batch, row) % keys);
    if (id % 2 === 0) await checkpoint('others change', id, id - 1, (batch, row) => window(id, 4 + batch, row));
    else await checkpoint('the same change', id, id - 1, (batch, row) => window(id, batch % 4, row));
  }
  nodeFileSystem.remove(directory);
  operator.close();
  spill.close();
}

/** Milliseconds of CPU. */
function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
