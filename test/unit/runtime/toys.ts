/** Toy sources, operators and sinks over one INT column, and an environment to run them in. */
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/base/clock.ts';
import { Configuration } from '../../../src/base/config.ts';
import { nodeFileSystem } from '../../../src/base/fs.ts';
import type { Batch } from '../../../src/columnar/batch.ts';
import { BatchBuilder } from '../../../src/columnar/builder.ts';
import { RowReader } from '../../../src/columnar/row-reader.ts';
import type { ConnectorFactory, ConnectorSpec, ReaderContext, SourceReader } from '../../../src/dataflow/connector.ts';
import type { Operator, OperatorContext, OperatorFactory } from '../../../src/dataflow/operator.ts';
import { type Distribution, MAX_WATERMARK } from '../../../src/dataflow/traits.ts';
import { buildJobGraph } from '../../../src/graph/build.ts';
import type { JobGraph } from '../../../src/graph/job-graph.ts';
import { resolveModeProfile } from '../../../src/graph/mode.ts';
import type { Transformation, TransformationInput } from '../../../src/graph/transformation.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { MemoryBudget } from '../../../src/memory/budget.ts';
import type { RuntimeEnvironment } from '../../../src/runtime/environment.ts';
import type { StateWriter } from '../../../src/state/snapshot.ts';
import { INT } from '../../../src/types/data-type.ts';
import { schemaOf } from '../../../src/types/schema.ts';

export const schema = schemaOf([{ name: 'a', type: INT }]);
const TYPES = [INT];

/** What the toys did, in order. */
export class Log {
  /** By name of a `crash`: rows that may pass before it fails; used up. */
  readonly crashes: Record<string, number[]> = {};
  readonly lines: string[] = [];
  /** Rows by table of a sink. */
  readonly rows: Record<string, number[]> = {};
  /** Transactions of sinks `ledger`. */
  readonly committed = new Set<number>();
  readonly aborted = new Set<number>();
  transactions = 0;
}

export function batchOf(memory: LinearMemory, values: readonly number[]): Batch {
  const builder = new BatchBuilder(memory, TYPES, Math.max(values.length, 1));
  for (const value of values) builder.append([value]);
  return builder.finish();
}

export function valuesOf(memory: LinearMemory, batch: Batch): number[] {
  const reader = new RowReader(memory, TYPES);
  return Array.from({ length: batch.rowCount }, (_, row) => reader.value(batch, row, 0) as number);
}

const spec = (connector: string, table: string, options: Record<string, string> = {}): ConnectorSpec => ({
  connector,
  table,
  options,
  schema,
  projection: [0],
  filters: [],
  limit: null,
});

const node = (name: string, inputs: readonly TransformationInput[], parallelism: number | null = null) => ({
  uid: name,
  name,
  schema,
  parallelism,
  inputs,
});

export function from(
  input: Transformation,
  kind: Exclude<Distribution['kind'], 'keyed' | 'custom'> = 'any',
  priority = 0,
): TransformationInput {
  return { from: input, distribution: kind === 'hash' ? { kind, keys: [0] } : { kind }, priority };
}

/** Numbers from 0; options: rows, batch, `wait` (answers later), `endless`, `fail` (after so many batches). */
export function source(
  name: string,
  options: Record<string, string>,
  parallelism: number | null = null,
): Transformation {
  const boundedness = options.endless === undefined ? 'BOUNDED' : 'CONTINUOUS_UNBOUNDED';
  return { ...node(name, [], parallelism), kind: 'source', spec: spec('numbers', name, options), boundedness };
}

export function operator(
  kind: string,
  inputs: readonly TransformationInput[],
  params: unknown = {},
  name = kind,
): Transformation {
  const inputSchemas = inputs.map(() => schema);
  return {
    ...node(name, inputs),
    kind: 'operator',
    spec: { kind, name, params, inputs: inputSchemas, output: schema },
  };
}

export function sink(name: string, input: Transformation, options: Record<string, string> = {}): Transformation {
  return { ...node(name, [from(input)]), kind: 'sink', spec: spec('record', name, options) };
}

/** A sink whose rows are seen once they are committed. */
export function ledger(name: string, input: Transformation): Transformation {
  return { ...node(name, [from(input)]), kind: 'sink', spec: spec('ledger', name) };
}

export function graphOf(
  mode: 'BATCH' | 'STREAMING',
  parallelism: number,
  roots: readonly Transformation[],
  chaining = true,
): JobGraph {
  return buildJobGraph(roots, resolveModeProfile(mode, []).profile, {
    name: 'job',
    parallelism,
    maxParallelism: 128,
    pipelinedExchanges: false,
    chaining,
  });
}

class NumbersReader implements SourceReader {
  readonly #spec: ConnectorSpec;
  readonly #context: ReaderContext;
  readonly #log: Log;
  #split: number | null = null;
  #next = 0;
  #batches = 0;

  constructor(spec: ConnectorSpec, context: ReaderContext, log: Log) {
    this.#spec = spec;
    this.#context = context;
    this.#log = log;
  }

  addSplits(splits: readonly unknown[]): void {
    for (const { next } of splits as readonly { readonly next: number }[]) {
      this.#split = 0;
      this.#next = next;
    }
  }

  poll(): Batch | 'nothing-yet' | 'end-of-input' | Promise<Batch | 'end-of-input'> {
    const { rows = '10', batch = '4', wait, endless, fail, silent } = this.#spec.options;
    if (silent !== undefined) return 'nothing-yet';
    const end = endless === undefined ? Number(rows) : Number.POSITIVE_INFINITY;
    if (this.#split === null || this.#next >= end) return 'end-of-input';
    if (fail !== undefined && this.#batches >= Number(fail)) throw new Error(`${this.#spec.table} is broken`);
    this.#batches++;
    const count = Math.min(Number(batch), end - this.#next);
    const first = this.#next;
    this.#next += count;
    const make = (): Batch => {
      const values = Array.from({ length: count }, (_, i) => first + i);
      return batchOf(this.#context.memory, values);
    };
    return wait === undefined ? make() : delay(Number(wait)).then(make);
  }

  snapshot(): readonly unknown[] {
    return this.#split === null ? [] : [{ next: this.#next }];
  }

  close(): void {
    this.#log.lines.push(`${this.#spec.table} closed`);
  }
}

function connectors(log: Log): (name: string) => ConnectorFactory {
  const factories: Record<string, ConnectorFactory> = {
    numbers: {
      connector: 'numbers',
      options: [],
      createSource: (of) => ({
        boundedness: 'BOUNDED',
        changelogMode: new Set(),
        statistics: () => ({ rowCount: null, columns: {} }),
        splits: () => [{ next: 0 }],
        createReader: (context) => new NumbersReader(of, context, log),
      }),
    },
    ledger: {
      connector: 'ledger',
      options: [],
      createSink: (of) => ({
        accepts: (requested) => requested,
        createCommitter: () => ({
          lasting: true,
          commit: (committables) => {
            for (const { id, values } of committables as readonly { id: number; values: number[] }[]) {
              const rows = log.rows[of.table] ?? [];
              if (!log.committed.has(id)) rows.push(...values);
              log.rows[of.table] = rows;
              log.committed.add(id);
            }
          },
          abort: (committables) => {
            for (const { id } of committables as readonly { id: number }[]) log.aborted.add(id);
          },
        }),
        createWriter: (context) => {
          const written: number[] = [];
          return {
            write: (batch) => {
              written.push(...valuesOf(context.memory, batch));
            },
            finish: () => undefined,
            prepareCommit: () => (written.length === 0 ? [] : [{ id: log.transactions++, values: written.splice(0) }]),
            close: () => undefined,
          };
        },
      }),
    },
    record: {
      connector: 'record',
      options: [],
      createSink: (of) => ({
        accepts: (requested) => requested,
        createCommitter: () => ({
          commit: (committables) => {
            for (const _ of committables) log.lines.push(`${of.table} finished`);
          },
          abort: () => undefined,
        }),
        createWriter: (context) => {
          const rows: number[] = [];
          log.rows[of.table] = log.rows[of.table] ?? rows;
          const target = log.rows[of.table] as number[];
          return {
            write: (batch) => {
              const store = (): void => {
                target.push(...valuesOf(context.memory, batch));
              };
              if (of.options.wait === undefined) return store();
              return delay(Number(of.options.wait)).then(store);
            },
            watermark: (timestamp) => {
              log.lines.push(`${of.table} watermark ${timestamp === MAX_WATERMARK ? 'MAX' : timestamp}`);
            },
            finish: () => undefined,
            prepareCommit: () => [1],
            close: () => {
              log.lines.push(`${of.table} closed`);
            },
          };
        },
      }),
    },
  };
  return (name) => factories[name] as ConnectorFactory;
}

/** An operator that passes rows on, for others to override. */
class Pass implements Operator {
  protected context!: OperatorContext;
  open(context: OperatorContext): void {
    this.context = context;
  }
  processBatch(batch: Batch, _input: number): void {
    this.context.output.emitBatch(batch);
  }
  processWatermark(timestamp: number): void {
    this.context.output.emitWatermark(timestamp);
  }
  endInput(_input: number): void {}
  snapshotState(): void {}
  close(): void {}
  protected emit(values: readonly number[]): void {
    const batch = batchOf(this.context.memory, values);
    try {
      this.context.output.emitBatch(batch);
    } finally {
      batch.release();
    }
  }
}

/** The largest row as watermark, after the batch. */
class Watermarks extends Pass {
  override processBatch(batch: Batch): void {
    this.context.output.emitBatch(batch);
    this.context.output.emitWatermark(Math.max(...valuesOf(this.context.memory, batch)));
  }
  override processWatermark(timestamp: number): void {
    if (timestamp === MAX_WATERMARK) this.context.output.emitWatermark(timestamp);
  }
}

/** At the end the sum of what came, in as many slices as rows came. */
class Sum extends Pass {
  #sum = 0;
  #slices = 0;
  override processBatch(batch: Batch): void {
    for (const value of valuesOf(this.context.memory, batch)) this.#sum += value;
    this.#slices += batch.rowCount;
  }
  advance(): boolean {
    if (this.#slices-- > 0) return true;
    this.emit([this.#sum]);
    return false;
  }
}

/** Passes rows of input 1 that input 0, read before, does not hold; logs when the build side ends. */
class AntiJoin extends Pass {
  readonly #log: Log;
  readonly #built = new Set<number>();
  #ended = false;
  constructor(log: Log) {
    super();
    this.#log = log;
  }
  override processBatch(batch: Batch, input: number): void {
    const values = valuesOf(this.context.memory, batch);
    if (input === 0) {
      for (const value of values) this.#built.add(value);
      return;
    }
    if (!this.#ended) throw new Error('probe before the end of build');
    this.emit(values.filter((value) => !this.#built.has(value)));
  }
  override endInput(input: number): void {
    this.#log.lines.push(`join input ${input} ended`);
    if (input === 0) this.#ended = true;
  }
}

/** After each row the sum so far, which is its state; at the end of input the negative of it. */
class RunningSum extends Pass {
  #sum = 0;
  override open(context: OperatorContext): void {
    super.open(context);
    const restored = context.restored?.read('sum') ?? null;
    if (restored !== null) this.#sum = Number(new TextDecoder().decode(restored));
  }
  override processBatch(batch: Batch): void {
    this.emit(valuesOf(this.context.memory, batch).map((value) => (this.#sum += value)));
  }
  advance(): boolean {
    this.emit([-this.#sum]);
    return false;
  }
  override snapshotState(writer?: StateWriter): void {
    writer?.write('sum', new TextEncoder().encode(String(this.#sum)));
  }
}

/** Passes rows on and fails when the log says so. */
class Crash extends Pass {
  readonly #log: Log;
  #passed = 0;
  constructor(log: Log) {
    super();
    this.#log = log;
  }
  override processBatch(batch: Batch): void {
    const crashes = this.#log.crashes.crash ?? [];
    this.#passed += batch.rowCount;
    if (crashes.length > 0 && this.#passed > crashes[0]!) {
      crashes.shift();
      throw new Error('crashed');
    }
    this.context.output.emitBatch(batch);
  }
}

/** Passes rows on; the first attempt of subtask 1 does not come to its end. */
class Stall extends Pass {
  readonly #log: Log;
  constructor(log: Log) {
    super();
    this.#log = log;
  }
  advance(): boolean {
    return this.context.subtaskIndex === 1 && this.context.attempt === 0;
  }
  override close(): void {
    this.#log.lines.push(`stall ${this.context.subtaskIndex}#${this.context.attempt} closed`);
  }
}

class Slow extends Pass {
  override processBatch(batch: Batch): void {
    const start = performance.now();
    while (performance.now() - start < 5);
    this.context.output.emitBatch(batch);
  }
}

export function environmentOf(log: Log, more: Partial<RuntimeEnvironment> = {}): RuntimeEnvironment {
  const make: Record<string, () => Operator> = {
    pass: () => new Pass(),
    watermarks: () => new Watermarks(),
    sum: () => new Sum(),
    'anti-join': () => new AntiJoin(log),
    'running-sum': () => new RunningSum(),
    stall: () => new Stall(log),
    crash: () => new Crash(log),
    slow: () => new Slow(),
    'open-fails': () =>
      new (class extends Pass {
        override open(): void {
          throw new Error('cannot open');
        }
      })(),
  };
  const memory = new LinearMemory();
  return {
    memory,
    budget: new MemoryBudget(1 << 20),
    compiler: kernelCompiler(memory, new ModuleCache()),
    fileSystem: nodeFileSystem,
    clock: systemClock,
    configuration: new Configuration(),
    operator: (kind): OperatorFactory => ({ kind, create: () => (make[kind] as () => Operator)() }),
    connector: connectors(log),
    collections: new Map(),
    deliver: () => undefined,
    ...more,
  };
}
