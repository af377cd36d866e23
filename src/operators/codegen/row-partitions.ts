/** Rows split over files by bits of a hash that they carry: what does not fit in memory is worked off part by part. */
import type { OperatorContext } from '../../dataflow/operator.ts';
import { type I32, i32 } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel, Extern } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { KernelHost } from './kernel-host.ts';
import type { RowLayout } from './row-layout.ts';
import {
  forEachAddress,
  type PageReader,
  RowSpiller,
  type RowWriter,
  type SpilledRows,
  type SpilledRowsLocation,
} from './spill-rows.ts';

/**
 * Parts that a split makes, and how often a part can be split again: by other bits each time, from the highest down.
 */
export const FAN_OUT = 16;
const BITS = 4;
export const MOST_LEVELS = 4;

/** The part that a hash belongs to in a split of rows that have been split `level` times before. */
export function partOf(hash: number, level: number): number {
  return (hash >>> shiftOf(level)) & (FAN_OUT - 1);
}

function shiftOf(level: number): number {
  return 32 - BITS * (level + 1);
}

export interface RowPartitionsOptions {
  /** Distinguishes several of one program. */
  readonly name: string;
  readonly layout: RowLayout;
  /** Byte offset of the hash in a row. */
  readonly hash: number;
}

export class RowPartitions {
  readonly #context: OperatorContext;
  readonly #options: RowPartitionsOptions;
  readonly #spiller: RowSpiller;
  /** Address of the list of writers, then the level. */
  readonly #state: number;
  #writers: RowWriter[] = [];
  #scatter!: CompiledKernel;
  #scatterBlock!: CompiledKernel;
  #fix!: CompiledKernel;

  constructor(context: OperatorContext, consumer: MemoryConsumer, host: KernelHost, options: RowPartitionsOptions) {
    this.#context = context;
    this.#options = options;
    this.#spiller = new RowSpiller(context.memory, consumer, context.spill, options.layout, options.name);
    this.#state = host.allocate((FAN_OUT + 1) * 4);
    const kernels = host.compile(
      [this.#spiller.fixKernel(), this.#scatterKernel(), this.#scatterBlockKernel()],
      this.externs,
      this.functions,
    );
    this.#fix = kernels[`${options.name}_fix`]!;
    this.#scatter = kernels['scatter']!;
    this.#scatterBlock = kernels['scatter_block']!;
  }

  /** Of kernels that `write`. */
  get externs(): Readonly<Record<string, Extern>> {
    return this.#spiller.externs;
  }

  get functions(): readonly KernelFunction[] {
    return this.#spiller.functions;
  }

  /** Begins a split. @param level how often the rows have been split before */
  open(level: number): void {
    const file = this.#spiller.createFile();
    const word = this.#state >>> 2;
    this.#writers = Array.from({ length: FAN_OUT }, () => this.#spiller.writer(file));
    this.#writers.forEach((writer, i) => {
      this.#context.memory.u32[word + i] = writer.address;
    });
    this.#context.memory.u32[word + FAN_OUT] = shiftOf(level);
  }

  /** Emits the writing of a row to its part. */
  write(f: FunctionBuilder, row: I32): void {
    const state = i32.address(this.#state);
    const bits = i32.shr_u(i32.load(row, this.#options.hash), i32.load(state, FAN_OUT * 4));
    const part = i32.and(bits, i32.const(FAN_OUT - 1));
    this.#spiller.write(f, i32.load(i32.add(state, i32.shl(part, i32.const(2)))), row);
  }

  /** Writes rows given by their addresses. */
  scatter(addresses: number, count: number): void {
    this.#scatter(addresses, count);
  }

  /** Writes rows that lie one behind another. */
  scatterBlock(address: number, count: number): void {
    this.#scatterBlock(address, count);
  }

  /** Ends the split: the parts in order. */
  finish(): SpilledRows[] {
    return this.#writers.splice(0).map((writer) => writer.finish());
  }

  /** Each part with what the other subtasks have of it. @param parts by subtask */
  gather(parts: readonly (readonly SpilledRowsLocation[])[]): SpilledRows[] {
    return Array.from({ length: FAN_OUT }, (_, part) => this.#spiller.gather(parts.map((of) => of[part]!)));
  }

  reader(rows: SpilledRows): PageReader {
    return this.#spiller.reader(rows, this.#fix);
  }

  close(): void {
    this.#spiller.close();
  }

  #scatterKernel(): KernelFunction {
    const f = fn('scatter', { params: { addresses: i32, count: i32 } });
    forEachAddress(f, f.param.addresses, i32.const(0), f.param.count, (row) => this.write(f, row));
    return f.finish();
  }

  #scatterBlockKernel(): KernelFunction {
    const f = fn('scatter_block', { params: { from: i32, count: i32 } });
    const row = f.let('row', f.param.from);
    f.for('i', i32.const(0), f.param.count, () => {
      this.write(f, row);
      f.set(row, i32.add(row, i32.const(this.#options.layout.size)));
    });
    return f.finish();
  }
}
