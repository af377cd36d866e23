/**
 * STREAMING deduplication: the first or last row per key, by processing time (arrival) or event time.
 *
 * Keep-first by event time emits one +I when the watermark has passed the row, and drops rows behind the watermark; the
 * other three emit at once. Keep-last by arrival swallows a row equal to the kept one only while that one is still the
 * +I. Flink: Deduplicate (RowTimeDeduplicateFunction, ProcTimeDeduplicateKeepLastRowFunction and their kin).
 */
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { notDistinct } from '../../expr/compile/comparison.ts';
import { asI32, asI64, operand } from '../../expr/compile/operand.ts';
import { call, extern, i32, i64 } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { PagedState, PageWriter, StateReader, StateWriter } from '../../state/snapshot.ts';
import { type DataType, INT, isTimestamp } from '../../types/data-type.ts';
import { RowKind } from '../../types/row-kind.ts';
import type { KeyedState } from '../codegen/keyed-state.ts';
import { type InputRow, StateKernel } from '../codegen/state-kernel.ts';
import { defineOperator } from '../define.ts';
import type { DeduplicateParams } from '../specs.ts';
import { TimerHeap } from '../time/timer-heap.ts';
import { DeduplicateBundle } from './deduplicate-bundle.ts';

export const deduplicate = defineOperator('deduplicate', (params, spec) => {
  return new Deduplicate(
    params,
    spec.inputs[0]!.fields.map((field) => field.type),
  );
});

/** What the last field of a kept row says. */
const FIRST = 0; //    keep-last: the kept row went out as +I
const UPDATED = 1; //  keep-last: it went out as +U
const PENDING = 0; //  keep-first by event time: not emitted yet
const EMITTED = 1;

const REGISTER = extern('register_timer', ['i64', 'i32'], undefined);

class Deduplicate implements Operator, PagedState {
  readonly #params: DeduplicateParams;
  readonly #types: readonly DataType[];
  #context!: OperatorContext;
  #state!: StateKernel;
  #rows!: KeyedState;
  /** Null: rows go by way of the bundle. */
  #kernel: CompiledKernel | null = null;
  /** By arrival, in mini-batches. */
  #bundle: DeduplicateBundle | null = null;
  #emit: CompiledKernel | null = null;
  #timers = new TimerHeap();
  /** Microseconds; rows at or before it are late. */
  #watermark = -(2n ** 63n);
  #watermarkAddress = 0;

  constructor(params: DeduplicateParams, types: readonly DataType[]) {
    this.#params = params;
    this.#types = types;
  }

  get #waits(): boolean {
    return this.#params.keep === 'first' && this.#params.rowtime !== null && !this.#params.miniBatch;
  }

  open(context: OperatorContext): void {
    const { keys, stateTtl } = this.#params;
    this.#context = context;
    this.#state = new StateKernel(context, 'Deduplicate', this.#types, this.#types);
    const types = [...this.#types, INT];
    this.#rows = this.#state.keyed.keyed({ name: 'rows', types, keyFields: keys, ttl: stateTtl });
    this.#watermarkAddress = this.#state.host.allocate(8);
    const process = (row: InputRow): void => {
      if (this.#waits) this.#keepFirstByTime(row);
      else if (this.#params.keep === 'first') this.#keepFirst(row);
      else this.#keepLast(row);
    };
    const { miniBatch, rowtime, keep } = this.#params;
    if (miniBatch && rowtime === null) {
      this.#bundle = new DeduplicateBundle(context, this.#state, this.#types, keys, keep === 'last');
    }
    const entries = this.#bundle?.kernels(process) ?? [this.#state.rowKernel('deduplicate', process)];
    const compiled = this.#state.compile(this.#waits ? [...entries, this.#emitKernel()] : entries, {
      ...this.#bundle?.externs,
      register_timer: (time: bigint, hash: number) => this.#register(Number(time), hash >>> 0),
    });
    this.#kernel = compiled['deduplicate'] ?? null;
    this.#bundle?.adopt(compiled);
    this.#emit = compiled['emit'] ?? null;
    this.#setWatermark();
    if (context.restored !== null) this.#restore(context.restored);
  }

  processBatch(batch: Batch): void {
    if (this.#kernel !== null) this.#state.run(this.#kernel, batch);
    else this.#bundle!.processBatch(batch);
  }

  get nextProcessingTime(): number {
    return this.#bundle?.miniBatch.deadline ?? Number.POSITIVE_INFINITY;
  }

  onProcessingTime(): void {
    this.#bundle?.miniBatch.finish();
  }

  processWatermark(timestamp: number): void {
    this.#watermark = timestamp >= Number.MAX_SAFE_INTEGER ? 2n ** 63n - 1n : BigInt(timestamp) * 1000n;
    this.#setWatermark();
    if (this.#emit !== null) {
      this.#state.output.begin();
      const limit = Number(this.#watermark);
      for (let due = this.#timers.popUpTo(limit); due !== 0; due = this.#timers.popUpTo(limit)) {
        this.#emit(due - 1);
        this.#state.keyed.relieve();
      }
      this.#state.output.flush();
    }
    if (this.#bundle !== null) this.#bundle.miniBatch.watermark(timestamp);
    else this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {
    this.#bundle?.miniBatch.finish();
  }

  snapshotState(writer: StateWriter): void {
    this.#bundle?.miniBatch.finish();
    this.#state.keyed.snapshot(writer);
  }

  snapshotPages(writer: PageWriter): void {
    this.#bundle?.miniBatch.finish();
    this.#state.keyed.snapshotPages(writer);
  }

  close(): void {
    this.#bundle?.close();
    this.#state?.close();
  }

  get #flag(): number {
    return this.#types.length;
  }

  #setFlag(f: InputRow['f'], row: Parameters<KeyedState['load']>[0], value: number): void {
    this.#rows.layout.store(f, row, this.#flag, operand(INT, i32.const(value), null));
  }

  #store({ f, column }: InputRow, row: Parameters<KeyedState['load']>[0]): void {
    for (const field of this.#types.keys()) this.#rows.store(f, row, field, column(field));
  }

  #emitNew({ f, column }: InputRow, kind: RowKind): void {
    this.#state.output.append(
      f,
      this.#types.map((_, i) => column(i)),
      i32.const(kind),
    );
  }

  #keepFirst(input: InputRow): void {
    const { f, context, column } = input;
    const { keys, rowtime, generateUpdateBefore } = this.#params;
    const found = this.#rows.find(context, keys.map(column));
    context.branch(
      i32.eqz(found.row),
      () => {
        this.#rows.insert(f, found);
        this.#store(input, found.row);
        this.#setFlag(f, found.row, FIRST);
        this.#emitNew(input, RowKind.INSERT);
      },
      rowtime === null
        ? undefined
        : () => {
            const earlier = i64.lt_s(asI64(column(rowtime)), asI64(this.#rows.load(found.row, rowtime)));
            context.branch(earlier, () => this.#replace(input, found.row, generateUpdateBefore));
          },
    );
  }

  #replace(input: InputRow, row: Parameters<KeyedState['load']>[0], withBefore: boolean): void {
    const { f } = input;
    if (withBefore) {
      const old = this.#types.map((_, i) => this.#rows.load(row, i));
      this.#state.output.append(f, old, i32.const(RowKind.UPDATE_BEFORE));
    }
    this.#emitNew(input, RowKind.UPDATE_AFTER);
    this.#rows.releaseStrings(f, row);
    this.#store(input, row);
    this.#setFlag(f, row, UPDATED);
    this.#rows.wrote(f, row);
  }

  #keepLast(input: InputRow): void {
    const { f, context, column } = input;
    const { keys, rowtime, generateUpdateBefore, generateInsert, stateTtl } = this.#params;
    const found = this.#rows.find(context, keys.map(column));
    context.branch(
      i32.eqz(found.row),
      () => {
        this.#rows.insert(f, found);
        this.#store(input, found.row);
        this.#setFlag(f, found.row, FIRST);
        this.#emitNew(input, generateInsert || generateUpdateBefore ? RowKind.INSERT : RowKind.UPDATE_AFTER);
      },
      () => {
        const replace = (): void => this.#replace(input, found.row, generateUpdateBefore);
        if (rowtime !== null) {
          const kept = asI64(this.#rows.load(found.row, rowtime));
          context.branch(i64.ge_s(asI64(column(rowtime)), kept), replace);
          return;
        }
        if (stateTtl > 0) {
          replace();
          return;
        }
        // Processing time is no property of the row.
        const compared = this.#types.flatMap((type, i) => (isTimestamp(type) && type.time === 'proctime' ? [] : [i]));
        const same = compared
          .map((i) => notDistinct(column(i), context.bind(this.#rows.load(found.row, i), 'old'), context))
          .reduce((a, b) => i32.and(a, b));
        const first = i32.eq(asI32(this.#rows.load(found.row, this.#flag)), i32.const(FIRST));
        context.branch(i32.eqz(i32.and(first, same)), replace);
      },
    );
  }

  #keepFirstByTime(input: InputRow): void {
    const { f, context, column } = input;
    const rowtime = this.#params.rowtime!;
    const time = asI64(column(rowtime));
    const watermark = i64.load(i32.address(this.#watermarkAddress));
    f.if(i64.le_s(time, watermark), () => f.continue());
    const found = this.#rows.find(context, this.#params.keys.map(column));
    const keep = (): void => {
      this.#store(input, found.row);
      this.#setFlag(f, found.row, PENDING);
      f.do(call(REGISTER, time, found.hash));
    };
    context.branch(
      i32.eqz(found.row),
      () => {
        this.#rows.insert(f, found);
        keep();
      },
      () => {
        const pending = i32.eq(asI32(this.#rows.load(found.row, this.#flag)), i32.const(PENDING));
        const earlier = i64.lt_s(time, asI64(this.#rows.load(found.row, rowtime)));
        context.branch(i32.and(pending, earlier), () => {
          this.#rows.releaseStrings(f, found.row);
          keep();
        });
      },
    );
  }

  /** `emit(hash)`: the rows with this hash that wait and are due. */
  #emitKernel() {
    const f = fn('emit', { params: { hash: i32 } });
    const context = this.#rows.contextOf(f, i32.const(0));
    f.loop({
      body: () => {
        const { row } = this.#rows.table.find(context, f.param.hash, (candidate) => {
          const pending = i32.eq(asI32(this.#rows.load(candidate, this.#flag)), i32.const(PENDING));
          const time = asI64(this.#rows.load(candidate, this.#params.rowtime!));
          const due = i64.le_s(time, i64.load(i32.address(this.#watermarkAddress)));
          return i32.and(i32.and(pending, due), i32.eqz(this.#rows.isExpired(candidate)));
        });
        f.if(i32.eqz(row), () => f.return());
        const fields = this.#types.map((_, i) => this.#rows.load(row, i));
        this.#state.output.append(f, fields, i32.const(RowKind.INSERT));
        this.#setFlag(f, row, EMITTED);
      },
    });
    return f.finish();
  }

  #setWatermark(): void {
    this.#context.memory.i64[this.#watermarkAddress >>> 3] = this.#watermark;
  }

  /** A row with this hash waits; the heap tells no timer by 0. */
  #register(time: number, hash: number): undefined {
    return this.#timers.push(time, hash + 1);
  }

  #restore(reader: StateReader): void {
    this.#state.keyed.restore(reader);
    if (!this.#waits) return;
    const { memory } = this.#context;
    const { fields } = this.#rows.layout;
    this.#state.keyed.forEachRow(this.#rows, (row, hash) => {
      if (memory.i32[(row + fields[this.#flag]!.offset) >>> 2] !== PENDING) return;
      this.#register(Number(memory.i64[(row + fields[this.#params.rowtime!]!.offset) >>> 3]!), hash);
    });
  }
}
