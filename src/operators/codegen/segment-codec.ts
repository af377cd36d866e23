/**
 * The kernels that move keys of a state as bytes: those of one segment out of memory, to disk or into a snapshot, and
 * in again. A key is its row, then the number of rows in its chain (8 bytes), then these. Addresses and hashes are not
 * written.
 */
import { type I32, i32, i64, type Variable } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { KeyedState, StateOwner } from './keyed-state.ts';
import { keyGroupBits } from './keys.ts';
import { copyRow, readRowAt, skipRow, writeRowAt } from './row-bytes.ts';
import { DELETED, SEGMENT_BYTES, SEGMENT_HEADER, SLOT_BYTES } from './segment-library.ts';

/** For `keyGroup`: keys of all of them. */
export const ALL_KEY_GROUPS = -1;

export interface SegmentKernels {
  /** `list(segment, keyGroup, to)`: puts the addresses of the live rows at `to`; gives their number. */
  readonly list: CompiledKernel;
  /** `measure(rows, count)`: the bytes that `pack` will write of a list of rows; null: each has `fixedBytes`. */
  readonly measure: CompiledKernel | null;
  /** Of a key, where all have as many; 0: they differ. */
  readonly fixedBytes: number;
  /** `pack(rows, count, to)` */
  readonly pack: CompiledKernel;
  /** `release(segment)`: gives back all rows and what hangs on them, but leaves the slots as they are. */
  readonly release: CompiledKernel;
  /** `sweep(segment)`: removes what has expired; null: nothing does. */
  readonly sweep: CompiledKernel | null;
  /**
   * `unpack(from, end, stop, addresses)`: puts keys into the table, and gives where it stopped: at the end, or where
   * the word at address `stop` (0: none) was set. `addresses` (0: nowhere) is where the addresses of the rows go.
   */
  readonly unpack: CompiledKernel;
}

export function compileSegmentKernels(state: KeyedState, owner: StateOwner): SegmentKernels {
  const emit = new SegmentCodec(state, owner);
  const kernels = owner.host.compile(emit.kernels(), { ...state.externs, ...owner.heap.externs });
  const isFixed = state.chain === null && state.layout.viewFields.length === 0;
  return {
    list: kernels['list']!,
    measure: isFixed ? null : kernels['measure']!,
    fixedBytes: isFixed ? state.layout.size : 0,
    pack: kernels['pack']!,
    release: kernels['release']!,
    sweep: kernels['sweep'] ?? null,
    unpack: kernels['unpack']!,
  };
}

class SegmentCodec {
  readonly #state: KeyedState;
  readonly #owner: StateOwner;

  constructor(state: KeyedState, owner: StateOwner) {
    this.#state = state;
    this.#owner = owner;
  }

  kernels(): readonly KernelFunction[] {
    const kernels = [this.#measure(), this.#pack(), this.#release(), this.#unpack(), this.#list()];
    const { expire } = this.#state;
    return expire === null ? kernels : [...kernels, this.#sweep(expire)];
  }

  /** Emits a loop over a list of rows: without a branch, so that the misses of several rows overlap. */
  #eachRow(f: FunctionBuilder, rows: I32, count: I32, body: (row: Variable<'i32'>) => void): void {
    const at = f.let('next', rows);
    const end = f.let('last', i32.add(rows, i32.shl(count, i32.const(2))));
    const row = f.declare('row', 'i32');
    f.loop({
      condition: i32.lt_u(at, end),
      body: () => {
        f.set(row, i32.load(at));
        body(row);
      },
      step: () => f.set(at, i32.add(at, i32.const(4))),
    });
  }

  /** Emits a loop over the chain of a row. */
  #eachChained(f: FunctionBuilder, row: I32, body: (record: Variable<'i32'>) => void): void {
    const record = f.let('record', this.#state.first(row));
    f.loop({ condition: record, body: () => body(record), step: () => f.set(record, i32.load(record)) });
  }

  #measure(): KernelFunction {
    const f = fn('measure', { params: { rows: i32, count: i32 }, result: i32 });
    const { layout, chain } = this.#state;
    const at = f.let('at', i32.const(0));
    this.#eachRow(f, f.param.rows, f.param.count, (row) => {
      skipRow(f, layout, row, at);
      if (chain === null) return;
      f.set(at, i32.add(at, i32.const(8)));
      this.#eachChained(f, row, (record) => skipRow(f, chain.layout, record, at));
    });
    f.return(at);
    return f.finish();
  }

  #pack(): KernelFunction {
    const f = fn('pack', { params: { rows: i32, count: i32, to: i32 } });
    const { layout, chain } = this.#state;
    const at = f.let('at', f.param.to);
    const count = f.declare('chained', 'i32');
    this.#eachRow(f, f.param.rows, f.param.count, (row) => {
      const written = f.let('entry', at);
      writeRowAt(f, layout, row, at);
      if (chain === null) return;
      for (const field of [chain.first, chain.last]) {
        if (field !== null) f.do(i32.store(written, i32.const(0), layout.fields[field]!.offset));
      }
      const counter = f.let('counter', at);
      f.set(at, i32.add(at, i32.const(8)));
      f.set(count, i32.const(0));
      this.#eachChained(f, row, (record) => {
        const copy = f.let('copy', at);
        writeRowAt(f, chain.layout, record, at);
        f.do(i32.store(copy, i32.const(0)));
        f.set(count, i32.add(count, i32.const(1)));
      });
      f.do(i64.store(counter, i64.extend_i32_u(count)));
    });
    return f.finish();
  }

  #release(): KernelFunction {
    const f = fn('release', { params: { segment: i32 } });
    this.#eachSlot(f, f.param.segment, (_, row) => {
      this.#state.release(f, row);
      this.#state.table.rows.free(f, row);
    });
    return f.finish();
  }

  #sweep(expire: (f: FunctionBuilder, row: I32) => I32): KernelFunction {
    const f = fn('sweep', { params: { segment: i32 } });
    this.#eachSlot(f, f.param.segment, (slot, row) => {
      f.if(expire(f, row), () => {
        this.#state.release(f, row);
        this.#state.table.remove(f, slot, row);
      });
    });
    return f.finish();
  }

  /** Emits a loop over the slots of a segment that have rows. */
  #eachSlot(f: FunctionBuilder, segment: I32, body: (slot: Variable<'i32'>, row: Variable<'i32'>) => void): void {
    const slot = f.let('slot', i32.add(segment, i32.const(SEGMENT_HEADER)));
    const end = f.let('end', i32.add(segment, i32.const(SEGMENT_BYTES)));
    const row = f.declare('row', 'i32');
    f.loop({
      condition: i32.lt_u(slot, end),
      body: () => {
        f.set(row, i32.load(slot, 4));
        f.if(i32.gt_u(row, i32.const(DELETED)), () => body(slot, row));
      },
      step: () => f.set(slot, i32.add(slot, i32.const(SLOT_BYTES))),
    });
  }

  #unpack(): KernelFunction {
    const f = fn('unpack', { params: { from: i32, end: i32, stop: i32, addresses: i32 }, result: i32 });
    const state = this.#state;
    const { layout, chain } = state;
    const at = f.let('at', f.param.from);
    const next = f.let('next', f.param.addresses);
    f.while(i32.lt_u(at, f.param.end), () => {
      f.if(f.param.stop, () => {
        f.if(i32.load(f.param.stop), () => f.return(at));
      });
      const written = readRowAt(f, layout, at);
      const context = state.contextOf(f, written);
      const hash = state.hash(
        state.keysOf(written).map((key) => context.bind(key, 'key')),
        context,
      );
      const { row, slot } = state.table.find(context, hash, () => i32.const(0), false);
      state.table.insert(f, hash, slot, row);
      copyRow(f, layout, written, row, (value) => this.#owner.heap.own(value));
      if (chain !== null) this.#unpackChain(f, row, at);
      f.if(next, () => {
        f.do(i32.store(next, row));
        f.set(next, i32.add(next, i32.const(4)));
      });
    });
    f.return(at);
    return f.finish();
  }

  #unpackChain(f: FunctionBuilder, row: I32, at: Variable<'i32'>): void {
    const { layout } = this.#state;
    const { pages, layout: chainLayout, first, last } = this.#state.chain!;
    const left = f.let('left', i32.load(at));
    f.set(at, i32.add(at, i32.const(8)));
    const previous = f.let('previous', i32.const(0));
    const record = f.declare('record', 'i32');
    f.while(left, () => {
      const written = readRowAt(f, chainLayout, at);
      pages.take(f, record);
      copyRow(f, chainLayout, written, record, (value) => this.#owner.heap.own(value));
      f.do(i32.store(record, i32.const(0)));
      f.if(
        previous,
        () => f.do(i32.store(previous, record)),
        () => f.do(i32.store(row, record, layout.fields[first]!.offset)),
      );
      f.set(previous, record);
      f.set(left, i32.sub(left, i32.const(1)));
    });
    if (last !== null) f.do(i32.store(row, previous, layout.fields[last]!.offset));
  }

  #list(): KernelFunction {
    const f = fn('list', { params: { segment: i32, keyGroup: i32, to: i32 }, result: i32 });
    const { segment, keyGroup } = f.param;
    const mask = i32.const((1 << keyGroupBits(this.#owner.maxParallelism)) - 1);
    const slot = f.let('slot', i32.add(segment, i32.const(SEGMENT_HEADER)));
    const end = f.let('end', i32.add(segment, i32.const(SEGMENT_BYTES)));
    const at = f.let('at', f.param.to);
    const row = f.declare('row', 'i32');
    const counts = f.declare('counts', 'i32');
    // A row that does not count is written over by the next: no branch that cannot be foretold.
    const each = (isAsked: I32 | null): void =>
      f.loop({
        condition: i32.lt_u(slot, end),
        body: () => {
          f.set(row, i32.load(slot, 4));
          const isRow = i32.gt_u(row, i32.const(DELETED));
          f.set(counts, isAsked === null ? isRow : i32.and(isRow, isAsked));
          f.do(i32.store(at, row));
          if (this.#state.expires) f.if(counts, () => f.set(counts, i32.eqz(this.#state.isExpired(row))));
          f.set(at, i32.add(at, i32.shl(counts, i32.const(2))));
        },
        step: () => f.set(slot, i32.add(slot, i32.const(SLOT_BYTES))),
      });
    f.if(
      i32.eq(keyGroup, i32.const(ALL_KEY_GROUPS)),
      () => each(null),
      () => each(i32.eq(i32.and(i32.load(slot), mask), keyGroup)),
    );
    f.return(i32.shr_u(i32.sub(at, f.param.to), i32.const(2)));
    return f.finish();
  }
}
