/** Runs one operator over rows given as JS values, one batch per list, and collects what it emits. */
import { expect } from 'vitest';
import { assert } from '../../../src/base/assert.ts';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { Configuration } from '../../../src/base/config.ts';
import { nodeFileSystem } from '../../../src/base/fs.ts';
import { Batch } from '../../../src/columnar/batch.ts';
import { BatchBuilder } from '../../../src/columnar/builder.ts';
import { RowReader } from '../../../src/columnar/row-reader.ts';
import type { Operator, OperatorContext, OperatorSpec } from '../../../src/dataflow/operator.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { type Backend, kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { MemoryBudget } from '../../../src/memory/budget.ts';
import { SpillDirectory } from '../../../src/memory/spill-file.ts';
import { operatorFactory } from '../../../src/operators/index.ts';
import type { StateReader } from '../../../src/state/snapshot.ts';
import type { DataType } from '../../../src/types/data-type.ts';
import { ROW_KIND_SHORT, type RowKindShort } from '../../../src/types/row-kind.ts';
import { schemaOf } from '../../../src/types/schema.ts';
import type { Value } from '../../../src/types/value.ts';

export interface Change {
  readonly kind: RowKindShort;
  readonly row: readonly Value[];
}

export type Bounds = readonly [bigint, bigint] | null;

export interface HarnessOptions {
  readonly backend?: Backend;
  /** Bytes of managed memory. */
  readonly managed?: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly restored?: StateReader | null;
  readonly clock?: Clock;
  readonly maxParallelism?: number;
}

/** A schema without names that matter. */
export function schemaOfTypes(types: readonly DataType[]) {
  return schemaOf(types.map((type, i) => ({ name: `f${i}`, type })));
}

export class OperatorHarness {
  readonly operator: Operator;
  readonly memory = new LinearMemory();
  readonly watermarks: number[] = [];
  /** Idle or active, in the order in which the operator said so. */
  readonly statuses: boolean[] = [];
  readonly metrics = new Map<string, number>();
  readonly budget: MemoryBudget;
  readonly spill = new SpillDirectory(this.memory, nodeFileSystem);
  readonly #spec: OperatorSpec;
  readonly #changes: Change[] = [];

  constructor(spec: OperatorSpec, options: HarnessOptions = {}) {
    this.#spec = spec;
    // Taken once per memory and never given back: not part of what an operator holds.
    assert(this.memory.ones !== 0, 'memory has a run of ones');
    this.operator = operatorFactory(spec.kind).create(spec);
    // Taken once per memory, not by the operator.
    void this.memory.ones;
    this.budget = new MemoryBudget(options.managed ?? 64 << 20);
    const outputTypes = spec.output.fields.map((field) => field.type);
    const reader = new RowReader(this.memory, outputTypes);
    const context: OperatorContext = {
      taskName: spec.name,
      attempt: 0,
      subtaskIndex: 0,
      parallelism: 1,
      maxParallelism: options.maxParallelism ?? 128,
      output: {
        emitBatch: (batch) => {
          for (let i = 0; i < batch.rowCount; i++) {
            this.#changes.push({ kind: ROW_KIND_SHORT[reader.kind(batch, i)], row: reader.row(batch, i) });
          }
        },
        emitRecords: () => undefined,
        emitWatermark: (timestamp) => this.watermarks.push(timestamp),
        emitStatus: (idle) => this.statuses.push(idle),
      },
      memory: this.memory,
      budget: this.budget,
      spill: this.spill,
      compiler: kernelCompiler(this.memory, new ModuleCache(), options.backend ?? 'wasm'),
      configuration: new Configuration({ 'table.local-time-zone': 'UTC', ...options.settings }),
      clock: options.clock ?? systemClock,
      metrics: { add: (name, amount) => this.metrics.set(name, (this.metrics.get(name) ?? 0) + amount) },
      log: () => undefined,
      rendezvous: null,
      restored: options.restored ?? null,
    };
    this.operator.open(context);
  }

  /**
   * Hands over rows as one batch.
   *
   * @param bounds of columns, where the source knows them
   */
  process(rows: readonly (readonly Value[] | Change)[], input = 0, bounds: readonly Bounds[] = []): void {
    const types = this.#spec.inputs[input]!.fields.map((field) => field.type);
    const changes = rows.map((row): Change => ('kind' in row ? row : { kind: '+I', row: row as readonly Value[] }));
    const withKinds = changes.some((change) => change.kind !== '+I');
    const builder = new BatchBuilder(this.memory, types, Math.max(rows.length, 1), withKinds);
    for (const { kind, row } of changes) builder.append(row, ROW_KIND_SHORT.indexOf(kind) as 0 | 1 | 2 | 3);
    const built = builder.finish();
    const columns = built.columns.map((column, i) => ({ ...column, bounds: bounds[i] ?? undefined }));
    const batch = new Batch(built.rowCount, columns, built.kinds, () => {}, [built]);
    built.release();
    this.operator.processBatch(batch, input);
    while (this.operator.busy === true) this.operator.advance?.();
    batch.release();
  }

  watermark(timestamp: number): void {
    this.operator.processWatermark(timestamp);
  }

  /** Ends an input and works off what that sets free. */
  end(input = 0): void {
    this.operator.endInput(input);
    while (this.operator.advance?.() ?? false);
  }

  /** What was emitted since the last call. */
  take(): Change[] {
    return this.#changes.splice(0);
  }

  /** The rows emitted since the last call, without kinds. */
  rows(): (readonly Value[])[] {
    return this.take().map((change) => change.row);
  }

  /** Ends so many inputs and closes: nothing of the budget may be left in use. */
  finish(inputs: number): Change[] {
    for (let input = 0; input < inputs; input++) this.end(input);
    const changes = this.take();
    this.close();
    expect(this.budget.used).toBe(0);
    return changes;
  }

  close(): void {
    this.operator.close();
    this.spill.close();
  }
}

/** Rows as sorted text, for comparison without regard to order. */
export function sortedText(rows: readonly (readonly Value[])[]): string[] {
  return rows
    .map((row) => row.map((value) => (typeof value === 'bigint' ? `${value}n` : JSON.stringify(value))).join())
    .sort();
}

/** What does not count as managed memory: batches that come in and go out, headers, buffers of kernels. */
const UNMANAGED_BYTES = 3 << 19;

/** @param before bytes of linear memory in use when the operator had been opened */
export function expectNearBudget(harness: OperatorHarness, before: number): void {
  const { peak } = harness.memory.statistics;
  expect(peak - before).toBeLessThan(harness.budget.limit * 1.5 + UNMANAGED_BYTES);
}
