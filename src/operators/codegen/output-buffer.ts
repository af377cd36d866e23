/**
 * Where a kernel writes rows: columns of one batch, handed downstream when full or when the input batch is done. The
 * kernel finds the addresses in a block of words: `[rowCount, kinds, values0, validity0, …]`, the layout of a batch
 * header.
 */
import { Batch, columnOf, HEADER, headerBytes, type Retained } from '../../columnar/batch.ts';
import { allocateColumns, type BatchLayout } from '../../columnar/builder.ts';
import { physicalType } from '../../columnar/physical.ts';
import { StringArena } from '../../columnar/string-arena.ts';
import type { Output } from '../../dataflow/operator.ts';
import { addressOf, lengthOf, makeView } from '../../expr/compile/equality.ts';
import { storeValue } from '../../expr/compile/memory.ts';
import { type Operand, validity } from '../../expr/compile/operand.ts';
import { call, extern, type I32, type I64, i32, i64, libraryFunction, select } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { Callee, KernelFunction } from '../../kernel/ir.ts';
import { bytesLibrary } from '../../kernel/library/bytes.ts';
import type { Extern } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType } from '../../types/data-type.ts';
import { rowOffset } from './batch-input.ts';
import { OWN } from './kernel-host.ts';

/** A kernel function `name(view)`: the view of a copy of the bytes, in memory that the extern gives. */
function copyFunction(name: string, reserve: Callee & { readonly result: 'i32' }): KernelFunction {
  const f = fn(name, { params: { view: i64 }, result: i64 });
  const length = f.let('length', lengthOf(f.param.view));
  f.if(i32.eqz(length), () => f.return(i64.const(0)));
  const to = f.let('to', call(reserve, length));
  f.do(call(libraryFunction(bytesLibrary, 'bytes_copy'), to, addressOf(f.param.view), length));
  f.return(makeView(to, length));
  return f.finish();
}

const COPY_VIEW = copyFunction('copy_view', OWN);

/**
 * The view of a copy of the bytes in the strings that the host owns; a program that uses it links `STRING_FUNCTIONS`.
 */
export function copyOfView(view: I64): I64 {
  return call(COPY_VIEW, view) as I64;
}

export const STRING_FUNCTIONS: readonly KernelFunction[] = [COPY_VIEW];

export interface OutputOptions {
  readonly capacity: number;
  readonly withKinds: boolean;
  /** Copy the bytes of every string: rows come out of state that changes while the batch may still be held. */
  readonly copyStrings?: boolean;
  /** What views of literals point into; not needed where strings are copied. */
  readonly constants?: Retained;
  /** Distinguishes several outputs of one program. */
  readonly name?: string;
}

export class OutputBuffer {
  readonly types: readonly DataType[];
  readonly capacity: number;
  /** Address of the block of words. */
  readonly block: number;
  readonly #memory: LinearMemory;
  readonly #output: Pick<Output, 'emitBatch'>;
  readonly #withKinds: boolean;
  readonly #copyStrings: boolean;
  readonly #constants: readonly Retained[];
  readonly #name: string;
  readonly #copy: KernelFunction;
  #layout: BatchLayout | null = null;
  #strings: StringArena | null = null;
  #dependencies: readonly Retained[] = [];
  #insertOnly = false;

  constructor(
    memory: LinearMemory,
    output: Pick<Output, 'emitBatch'>,
    types: readonly DataType[],
    options: OutputOptions,
  ) {
    this.#memory = memory;
    this.#output = output;
    this.types = types;
    this.capacity = options.capacity;
    this.#withKinds = options.withKinds;
    this.#copyStrings = options.copyStrings ?? false;
    this.#constants = options.constants === undefined ? [] : [options.constants];
    this.#name = options.name ?? 'out';
    this.#copy = copyFunction(`${this.#name}_copy_view`, extern(`${this.#name}_reserve`, ['i32'], 'i32'));
    this.block = memory.allocateZeroed(headerBytes(types.length));
  }

  /** What `append` calls: `<name>_flush` when the batch is full, `<name>_reserve` for the bytes of strings. */
  get externs(): Readonly<Record<string, Extern>> {
    return {
      [`${this.#name}_flush`]: () => this.#flushFull(),
      [`${this.#name}_reserve`]: (length: number) => this.strings().reserve(length),
    };
  }

  /** Functions that `append` calls: to be linked. */
  get functions(): readonly KernelFunction[] {
    return [this.#copy];
  }

  /** Bytes of strings that the batches written since `begin` may point to. */
  strings(): StringArena {
    this.#strings ??= new StringArena(this.#memory);
    return this.#strings;
  }

  /**
   * Before a kernel runs.
   *
   * @param dependencies what string views in the rows it appends may point into
   * @param insertOnly all rows will be +I
   */
  begin(dependencies: readonly Retained[] = [], insertOnly = false): void {
    this.#insertOnly = insertOnly;
    this.#dependencies = dependencies;
    this.#strings?.release();
    this.#strings = null;
    if (this.#layout === null) this.#provide();
  }

  get rowCount(): number {
    return this.#memory.u32[(this.block + HEADER.rowCount) >>> 2]!;
  }

  /** Emits the rows so far, if any. */
  flush(): void {
    const rowCount = this.rowCount;
    const layout = this.#layout;
    if (rowCount === 0 || layout === null) return;
    const memory = this.#memory;
    let kept = true;
    const batch = new Batch(
      rowCount,
      this.types.map((type, i) => columnOf(type, layout.values[i]!, layout.validity[i]!)),
      this.#insertOnly ? 0 : layout.kinds,
      () => {
        if (kept) memory.free(layout.block);
      },
      [...this.#dependencies, ...this.#constants, ...(this.#strings === null ? [] : [this.#strings])],
    );
    memory.u32[(this.block + HEADER.rowCount) >>> 2] = 0;
    try {
      this.#output.emitBatch(batch);
    } finally {
      if (batch.shared) this.#layout = null;
      else kept = false;
      batch.release();
    }
  }

  close(): void {
    if (this.#layout !== null) this.#memory.free(this.#layout.block);
    this.#layout = null;
    this.#strings?.release();
    this.#strings = null;
    this.#memory.free(this.block);
  }

  /**
   * Emits the code that appends a row; full batches are flushed first.
   *
   * @param kind RowKind, or null where the stream is insert-only
   */
  append(f: FunctionBuilder, operands: readonly Operand[], kind: I32 | null): void {
    const block = i32.address(this.block);
    const flush = extern(`${this.#name}_flush`, [], undefined);
    const row = f.let('row', i32.load(block, HEADER.rowCount));
    f.if(i32.ge_u(row, i32.const(this.capacity)), () => {
      f.do(call(flush));
      f.set(row, i32.const(0));
    });
    if (this.#withKinds) {
      f.do(i32.store8(i32.add(i32.load(block, HEADER.kinds), row), kind ?? i32.const(0)));
    }
    operands.forEach((value, i) => {
      this.#store(f, block, row, i, value);
    });
    f.do(i32.store(block, i32.add(row, i32.const(1)), HEADER.rowCount));
  }

  #store(f: FunctionBuilder, block: I32, row: I32, column: number, value: Operand): void {
    const type = this.types[column]!;
    const physical = physicalType(type);
    const words = HEADER.columns + column * HEADER.columnStride;
    const at = f.let('to', i32.add(i32.load(block, words), rowOffset(physical, row)));
    if (physical === 'view' && this.#copyStrings) {
      const view = value.value as I64;
      const safe = value.valid === null ? view : select(value.valid, view, i64.const(0));
      f.do(i64.store(at, call(this.#copy, safe) as I64));
    } else {
      storeValue(f, physical, at, value);
    }
    if (type.nullable) {
      f.do(i32.store8(i32.add(i32.load(block, words + 4), row), validity(value)));
    }
  }

  #flushFull(): undefined {
    this.flush();
    if (this.#layout === null) this.#provide();
    return undefined;
  }

  #provide(): void {
    this.#layout = allocateColumns(this.#memory, this.types, this.capacity, this.#withKinds);
    const u32 = this.#memory.u32;
    const word = this.block >>> 2;
    u32[word + (HEADER.kinds >>> 2)] = this.#layout.kinds;
    this.types.forEach((_, i) => {
      const at = word + ((HEADER.columns + i * HEADER.columnStride) >>> 2);
      u32[at] = this.#layout!.values[i]!;
      u32[at + 1] = this.#layout!.validity[i]!;
    });
  }
}
