/**
 * Filtering a batch before anything else is done with its rows: a kernel lists the numbers of the rows that pass, test
 * after test, each one looking only at what those before it let through. No branch depends on the data, and columns
 * that later tests and the operator read are touched only where needed. It pays where a filter drops many rows, which
 * is measured.
 */
import { CompileContext } from '../../expr/compile/context.ts';
import { isCheap, testsOf } from '../../expr/compile/logic.ts';
import { type Expr, inputsOf } from '../../expr/expr.ts';
import { type I32, i32, type Variable } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { DataType } from '../../types/data-type.ts';
import { BatchInput, type ColumnFacts } from './batch-input.ts';
import { RowTests } from './dictionary-filter.ts';
import { FAIL, type KernelHost, RESERVE } from './kernel-host.ts';
import { listByVector, OVERRUN_BYTES, splitComparisons } from './vector-filter.ts';

/** Larger batches are not listed: numbers have 16 bits. */
export const MOST_ROWS = 1 << 15;
/** Of smaller ones it does not matter. */
const LEAST_ROWS = 256;
/** A list pays where at most this part of the rows is in it. */
const SELECTIVE = 0.7;
/** After so many batches without a list it is tried again. */
const PATIENCE = 64;

/** Where the row numbers stand in the block: behind their count. */
const NUMBERS = 4;

/** Bytes of a list of row numbers, behind their count. */
export const LIST_BYTES = NUMBERS + MOST_ROWS * 2 + OVERRUN_BYTES;

/** Emits the appending of a row number to a list. */
export function appendRow(f: FunctionBuilder, list: I32, row: I32): void {
  const count = f.let('count', i32.load(list));
  f.do(i32.store16(i32.add(list, i32.shl(count, i32.const(1))), row, NUMBERS));
  f.do(i32.store(list, i32.add(count, i32.const(1))));
}

/** Emits a loop over the rows in a list. */
export function forEachSelected(f: FunctionBuilder, list: I32, body: (row: Variable<'i32'>) => void): void {
  f.for('k', i32.const(0), f.let('selected', i32.load(list)), (k) => body(f.let('i', numberAt(list, k))));
}

function numberAt(list: I32, index: I32): I32 {
  return i32.load16_u(i32.add(list, i32.shl(index, i32.const(1))), NUMBERS);
}

/** A kernel `(header, from)` over the rows that pass a filter, in two versions. */
export class FilteredKernel {
  readonly #types: readonly DataType[];
  readonly #condition: Expr;
  readonly #host: KernelHost;
  readonly #facts: ColumnFacts;
  readonly #make: (facts: ColumnFacts) => CompiledKernel;
  #list = 0;
  #select: CompiledKernel | null = null;
  #overList: CompiledKernel | null = null;
  #overAll: CompiledKernel | null = null;
  /** Batches that are still worked on without a list. */
  #pause = 0;

  /** @param make the kernel over a list of rows if `facts` has one, else over all with the filter in it */
  constructor(
    types: readonly DataType[],
    condition: Expr,
    host: KernelHost,
    facts: ColumnFacts,
    make: (facts: ColumnFacts) => CompiledKernel,
  ) {
    this.#types = types;
    this.#condition = condition;
    this.#host = host;
    this.#facts = facts;
    this.#make = make;
  }

  readonly run: CompiledKernel = (header, from = 0) => {
    const rows = this.#host.memory.u32[Number(header) >>> 2]! - Number(from);
    if (this.#pause > 0 || rows > MOST_ROWS || rows < LEAST_ROWS) {
      this.#pause--;
      return this.#all(header, from);
    }
    if (Number(this.#selection(header, from)) > rows * SELECTIVE) {
      this.#pause = PATIENCE;
      return this.#all(header, from);
    }
    this.#overList ??= this.#make({ ...this.#facts, selection: i32.address(this.#list) });
    return this.#overList(header, from);
  };

  get #all(): CompiledKernel {
    this.#overAll ??= this.#make(this.#facts);
    return this.#overAll;
  }

  get #selection(): CompiledKernel {
    if (this.#select === null) {
      this.#list = this.#host.allocate(LIST_BYTES);
      this.#select = this.#host.compile([this.#selectKernel()])['select']!;
    }
    return this.#select;
  }

  /** `select(header, from)`: lists the rows that pass; gives how many they are. */
  #selectKernel(): KernelFunction {
    const f = fn('select', { params: { header: i32, from: i32 }, result: i32 });
    const input = new BatchInput(f, f.param.header, this.#types, inputsOf(this.#condition), false, this.#facts);
    const list = i32.address(this.#list);
    const count = f.declare('count', 'i32');
    const place = (at: I32): I32 => i32.add(list, i32.shl(at, i32.const(1)));
    const contextOf = (row: I32) =>
      new CompileContext(f, (column) => input.column(column, row), this.#host, FAIL, RESERVE);
    const tests = testsOf(this.#condition);
    const rowTests = new RowTests(f, tests, this.#types, this.#facts, this.#host);
    const keepPassing = (row: Variable<'i32'>, tests: readonly Expr[]): void => {
      const context = contextOf(row);
      const passes = tests.map((test) => rowTests.passes(test, context)).reduce((all, next) => i32.and(all, next));
      f.do(i32.store16(place(count), row, NUMBERS));
      f.set(count, i32.add(count, passes));
    };
    const row = f.let('first', f.param.from);
    const { comparisons, compared, others } = splitComparisons(tests, input, contextOf(row));
    const [first, ...stages] = comparisons.length === 0 ? stagesOf(tests) : [compared, ...stagesOf(others)];
    if (comparisons.length > 0) {
      listByVector(f, comparisons, input, row, (at) => i32.add(place(at), i32.const(NUMBERS)), count, contextOf(row));
    }
    f.for('i', row, input.rowCount, (i) => keepPassing(i, first!));
    for (const stage of stages) {
      const before = f.let('before', count);
      f.set(count, i32.const(0));
      f.for('k', i32.const(0), before, (k) => keepPassing(f.let('i', numberAt(list, k)), stage));
    }
    f.do(i32.store(list, count));
    f.return(count);
    return f.finish();
  }
}

/** The tests of a filter, those together that are cheap and read the same columns. */
function stagesOf(tests: readonly Expr[]): readonly (readonly Expr[])[] {
  const stages: { readonly columns: string; readonly tests: Expr[] }[] = [];
  for (const test of tests) {
    const columns = isCheap(test) ? [...inputsOf(test)].sort().join() : null;
    const last = stages.at(-1);
    if (columns !== null && last?.columns === columns) last.tests.push(test);
    else stages.push({ columns: columns ?? '', tests: [test] });
  }
  return stages.map((stage) => stage.tests);
}
