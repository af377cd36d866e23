/**
 * What the kernels of one operator need around them: memory for batch headers and constants, the extern that raises
 * errors of the data, the interpreter for what has no compiled form, and a place for the bytes of strings that kernels
 * make.
 */
import { EngineError } from '../../base/errors.ts';
import { type Batch, HEADER, headerBytes, type Retained } from '../../columnar/batch.ts';
import { StringArena } from '../../columnar/string-arena.ts';
import type { OperatorContext } from '../../dataflow/operator.ts';
import type { InterpretedSlot } from '../../expr/compile/context.ts';
import { type FailureTarget, type KernelResources, RUNTIME_ERRORS } from '../../expr/compile/context.ts';
import { InterpretedCalls } from '../../expr/compile/interpreted.ts';
import { REAL_EXTERNS } from '../../expr/compile/math.ts';
import type { Expr } from '../../expr/expr.ts';
import { extern } from '../../kernel/build.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel, Extern, KernelCompiler } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType } from '../../types/data-type.ts';
import { type TimeZone, timeZone } from '../../types/time-zone.ts';
import { evaluationContext, sessionTimeZone } from './evaluation.ts';

export const FAIL: FailureTarget = { fail: extern('fail', ['i32'], undefined) };
/** Room for the bytes of strings that expressions make. */
export const RESERVE = extern('reserve', ['i32'], 'i32');
/** Room for the bytes of strings that outlive the batch. */
export const OWN = extern('own', ['i32'], 'i32');

export class KernelHost implements KernelResources {
  readonly memory: LinearMemory;
  readonly #context: OperatorContext;
  readonly #constants: StringArena;
  readonly #owned: number[] = [];
  readonly #interpreted: InterpretedCalls;
  #zone: TimeZone | null = null;
  #zoneCell = 0;
  /** Strings of expressions where `strings` is null. */
  #scratch: StringArena | null = null;
  /**
   * Where `reserve` takes bytes from: the strings of the batch that is being written. Null: an arena of the host that
   * lasts until the next header is written.
   */
  strings: (() => StringArena) | null = null;
  /** Where `own` takes bytes from. */
  owned: (() => StringArena) | null = null;

  constructor(context: OperatorContext) {
    this.#context = context;
    this.memory = context.memory;
    this.#constants = new StringArena(context.memory);
    this.#interpreted = new InterpretedCalls(
      context.memory,
      (bytes) => this.allocate(bytes),
      evaluationContext(context),
      () => this.#strings(),
    );
  }

  get compiler(): KernelCompiler {
    return this.#context.compiler;
  }

  /** The bytes of literals: a batch whose views may point to one keeps it alive. */
  get constants(): Retained {
    return this.#constants;
  }

  get timeZone(): string {
    return sessionTimeZone(this.#context.configuration);
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
    const reserve = (length: number): number => this.#strings().reserve(length);
    const own = (length: number): number => this.owned!().reserve(length);
    const interpret = (slot: number): number => this.#interpreted.run(slot);
    const zone_offset = (second: number): number => {
      this.#zone ??= timeZone(this.timeZone);
      return this.#zone.offsetAt(second);
    };
    return this.#context.compiler.compile(entries, {
      functions,
      externs: { fail, reserve, own, interpret, zone_offset, ...REAL_EXTERNS, ...externs },
    });
  }

  view(bytes: Uint8Array): bigint {
    return this.#constants.appendBytes(bytes);
  }

  get zoneCell(): number {
    if (this.#zoneCell === 0) {
      this.#zoneCell = this.allocate(16);
      this.memory.i64[this.#zoneCell >>> 3] = -(2n ** 63n);
    }
    return this.#zoneCell;
  }

  interpreted(expr: Expr, types: readonly DataType[]): InterpretedSlot {
    return this.#interpreted.add(expr, types);
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

  /**
   * Writes a batch's header; columns without NULLs point to a run of ones, so that kernels need not ask.
   *
   * @param stored give values as they are stored, to kernels that were made for the batch (RangedKernel)
   */
  writeHeader(address: number, batch: Batch, stored = false): void {
    this.#scratch?.release();
    this.#scratch = null;
    const allValid = this.memory.ones;
    const u32 = this.memory.u32;
    let word = address >>> 2;
    u32[word] = batch.rowCount;
    u32[word + 1] = batch.kinds;
    word += HEADER.columns >>> 2;
    for (const column of batch.columns) {
      u32[word++] = stored && column.stored !== undefined ? column.stored.address : column.values;
      u32[word++] = column.validity === 0 ? allValid : column.validity;
    }
  }

  close(): void {
    for (const address of this.#owned) this.memory.free(address);
    this.#owned.length = 0;
    this.#constants.release();
    this.#scratch?.release();
    this.#scratch = null;
  }

  #strings(): StringArena {
    if (this.strings !== null) return this.strings();
    this.#scratch ??= new StringArena(this.memory);
    return this.#scratch;
  }
}
