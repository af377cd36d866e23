/**
 * What the kernels of one operator need around them: memory for batch headers and constants, the extern that raises errors
 * of the data, and a place for the bytes of strings that kernels make.
 */
import { EngineError } from '../../base/errors.ts';
import type { Column } from '../../columnar/batch.ts';
import { type Batch, HEADER, headerBytes } from '../../columnar/batch.ts';
import { StringArena } from '../../columnar/string-arena.ts';
import type { OperatorContext } from '../../dataflow/operator.ts';
import { type ConstantPool, type FailureTarget, RUNTIME_ERRORS } from '../../expr/compile/context.ts';
import { extern } from '../../kernel/build.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel, Extern } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';

/** The most rows of any batch. */
export const MAX_BATCH_ROWS = 65536;

export const FAIL: FailureTarget = { fail: extern('fail', ['i32'], undefined) };
export const RESERVE = extern('reserve', ['i32'], 'i32');

export class KernelHost implements ConstantPool {
  readonly memory: LinearMemory;
  readonly #context: OperatorContext;
  readonly #constants: StringArena;
  readonly #owned: number[] = [];
  #allValid = 0;
  /** Where `reserve` takes bytes from: the strings of the batch that is being written. */
  strings: (() => StringArena) | null = null;

  constructor(context: OperatorContext) {
    this.#context = context;
    this.memory = context.memory;
    this.#constants = new StringArena(context.memory);
  }

  /** Compiles entry kernels; `externs` beside `fail` and `reserve`. */
  compile(
    entries: readonly KernelFunction[],
    externs: Readonly<Record<string, Extern>> = {},
    functions: readonly KernelFunction[] = [],
  ): Readonly<Record<string, CompiledKernel>> {
    const fail = (code: number): undefined => {
      const { code: name, message } = RUNTIME_ERRORS[code]!;
      throw new EngineError(name, message);
    };
    const reserve = (length: number): number => this.strings!().reserve(length);
    return this.#context.compiler.compile(entries, { functions, externs: { fail, reserve, ...externs } });
  }

  view(bytes: Uint8Array): bigint {
    return this.#constants.appendBytes(bytes);
  }

  /** Memory that is freed with the host; contents 0. */
  allocate(bytes: number): number {
    const address = this.memory.allocateZeroed(bytes);
    this.#owned.push(address);
    return address;
  }

  /** A header for batches of this many columns. */
  header(columnCount: number): number {
    return this.allocate(headerBytes(columnCount));
  }

  /** Writes a batch's header; columns without NULLs point to a run of ones, so that kernels need not ask. */
  writeHeader(address: number, batch: Batch, extra: readonly Column[] = []): void {
    const allValid = this.#ones();
    const u32 = this.memory.u32;
    let word = address >>> 2;
    u32[word] = batch.rowCount;
    u32[word + 1] = batch.kinds;
    word += HEADER.columns >>> 2;
    for (const columns of [batch.columns, extra]) {
      for (const column of columns) {
        u32[word++] = column.values;
        u32[word++] = column.validity === 0 ? allValid : column.validity;
      }
    }
  }

  close(): void {
    for (const address of this.#owned) this.memory.free(address);
    this.#owned.length = 0;
    this.#constants.release();
    this.#allValid = 0;
  }

  #ones(): number {
    if (this.#allValid === 0) {
      this.#allValid = this.allocate(MAX_BATCH_ROWS);
      this.memory.u8.fill(1, this.#allValid, this.#allValid + MAX_BATCH_ROWS);
    }
    return this.#allValid;
  }
}
