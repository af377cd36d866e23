/**
 * Keyed state that grows: a STREAMING group aggregate (COUNT, SUM, mini-batch) that gets new keys only, in batches of
 * 2048 rows. What counts is the worst batch, by CPU, since the machine may be busy: growth must not stall the stream.
 * Then it is changed here and there and taken in pages: the pause per 20 MB that changed.
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
import { isPaged, type PageWriter } from '../../src/state/snapshot.ts';
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

export function state({ keys, report }: StateOptions): void {
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
  if (isPaged(operator)) {
    const staging = new Uint8Array(1 << 28).fill(1);
    const takePages = (checkpoint: number, base: number | null): { milliseconds: number; bytes: number } => {
      let bytes = 0;
      const writer: PageWriter = {
        checkpoint,
        base,
        write: () => {},
        writeKeyed: () => {},
        writePage: (_name, _page, _keyGroup, page) => {
          if (bytes + page.length > staging.length) bytes = 0;
          staging.set(page, bytes);
          bytes += page.length;
        },
        keepPage: () => {},
      };
      return { milliseconds: cpuOf(() => operator.snapshotPages(writer)), bytes };
    };
    takePages(1, null);
    for (let checkpoint = 2; checkpoint < 6; checkpoint++) {
      // A window of neighbouring keys is scattered over all segments: the worst case for pages.
      for (let i = 0; i < 4; i++) feed((row) => (checkpoint * 7919 + i * 104_729 + row) % keys);
      const { milliseconds, bytes } = takePages(checkpoint, checkpoint - 1);
      report({
        state: 'pages',
        changedMegabytes: round(bytes / 1e6),
        pauseMs: round(milliseconds),
        pausePer20MB: round((milliseconds * PAUSE_BYTES) / Math.max(bytes, 1)),
        // For comparison: what the machine needs to copy as much from one place in this moment.
        copyOf20MB: round(cpuOf(() => staging.copyWithin(0, staging.length / 2, staging.length / 2 + PAUSE_BYTES))),
      });
    }
  }
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
