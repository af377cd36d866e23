/**
 * The rows of one input of an operator, as its kernels see them: columns of the batch, or, where a Calc was fused into
 * the operator, what its filter lets through and its projection makes, computed when first asked for.
 *
 * Kernels come in variants by what is known of a batch: a product of narrow numbers needs no 128-bit arithmetic, and a
 * column without NULLs no look at its validity.
 */
import type { Batch, Column, Storage } from '../../columnar/batch.ts';
import type { OperatorSpec } from '../../dataflow/operator.ts';
import { compileExpr, compilePredicate } from '../../expr/compile/compile.ts';
import { CompileContext, isDeterministic } from '../../expr/compile/context.ts';
import type { Range } from '../../expr/compile/operand.ts';
import { type Expr, inputRef, inputsOf } from '../../expr/expr.ts';
import { type I32, i32, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { DataType } from '../../types/data-type.ts';
import type { CalcParams } from '../specs.ts';
import { BatchInput, type ColumnFacts, NOTHING_KNOWN } from './batch-input.ts';
import { FAIL, type KernelHost, RESERVE } from './kernel-host.ts';
import { FilteredKernel, forEachSelected } from './row-selection.ts';

/** Kernels for batches of which something is known; others get the one that assumes nothing. */
const MOST_VARIANTS = 8;

/** Bits that a column's values are known to fit: the steps in which variants differ. */
const CLASSES = [16, 32, 48] as const;
/** Bounds as near to 0 are taken as they are: of discounts, rates, small quantities. */
const SMALL = 1024n;

export class RowInput {
  /** Types of the rows as the operator sees them. */
  readonly types: readonly DataType[];
  /** Types of the batches that come in. */
  readonly batchTypes: readonly DataType[];
  readonly #condition: Expr | null;
  readonly #projection: readonly Expr[];

  constructor(spec: OperatorSpec, input: number) {
    this.types = spec.inputs[input]!.fields.map((field) => field.type);
    const fused = spec.fused?.[input] ?? null;
    if (fused === null) {
      this.batchTypes = this.types;
      this.#condition = null;
      this.#projection = this.types.map((type, i) => inputRef(i, type));
    } else {
      const { condition, projection } = fused.params as CalcParams;
      this.batchTypes = fused.from.fields.map((field) => field.type);
      this.#condition = condition;
      this.#projection = projection;
    }
  }

  /**
   * Emits a loop over the rows of a batch.
   *
   * @param used columns of the row that `body` will read
   * @param body `continue` goes to the next row
   * @param from number of the first row
   */
  forEachRow(
    f: FunctionBuilder,
    header: I32,
    host: KernelHost,
    used: Iterable<number>,
    facts: ColumnFacts,
    body: (context: CompileContext, index: I32, kind: I32) => void,
    from: I32 = i32.const(0),
  ): void {
    const exprs = [...new Set(used)].map((column) => this.#projection[column]!);
    const { selection } = facts;
    const condition = selection === undefined ? this.#condition : null;
    if (condition !== null) exprs.push(condition);
    const columns = new Set(exprs.flatMap((expr) => [...inputsOf(expr)]));
    const input = new BatchInput(f, header, this.batchTypes, columns, true, facts);
    const each = (i: Variable<'i32'>): void => {
      const batchRow = new CompileContext(f, (column) => input.column(column, i), host, FAIL, RESERVE);
      if (condition !== null) f.if(i32.eqz(compilePredicate(condition, batchRow)), () => f.continue());
      const row = batchRow.over((column) => compileExpr(this.#projection[column]!, batchRow));
      body(row, i, input.kind(i));
    };
    if (selection === undefined) f.for('i', from, input.rowCount, each);
    else forEachSelected(f, selection, each);
  }

  /** The kernel for batches of which this is known; with a host, one that filters them first where that pays. */
  kernel(make: (facts: ColumnFacts) => CompiledKernel, facts: ColumnFacts, host: KernelHost | null): CompiledKernel {
    if (this.#condition === null || host === null) return make(facts);
    return new FilteredKernel(this.batchTypes, this.#condition, host, facts, make).run;
  }

  /** How many different strings a column of the row can have, which are in a dictionary; null: it is not known. */
  entriesOf(column: number, { stored, withoutNulls }: ColumnFacts): number | null {
    const expr = this.#projection[column]!;
    if (expr.kind !== 'input-ref' || (expr.type.nullable && !withoutNulls.has(expr.index))) return null;
    return stored.get(expr.index)?.entries || null;
  }

  /** What is known of the batch's columns, coarsened so that few kernels are made. */
  factsOf(batch: Batch, stored: ReadonlyMap<number, Storage>): ColumnFacts {
    const ranges = new Map<number, Range>();
    const withoutNulls = new Set<number>();
    batch.columns.forEach(({ bounds, validity }, i) => {
      if (validity === 0 && this.batchTypes[i]!.nullable) withoutNulls.add(i);
      if (bounds === undefined || this.batchTypes[i]!.kind !== 'DECIMAL') return;
      const range = coarsened(bounds);
      if (range !== null) ranges.set(i, range);
    });
    return { ranges, withoutNulls, stored };
  }
}

/** A range around the bounds that those of other batches are likely to have too. */
function coarsened([low, high]: Range): Range | null {
  if (low >= -SMALL && high <= SMALL) return [low, high];
  const limit = CLASSES.map((bits) => 1n << BigInt(bits - 1)).find((edge) => low >= -edge && high < edge);
  return limit === undefined ? null : [low >= 0n ? 0n : -limit, limit - 1n];
}

/** The variants of a kernel over one input, made when first needed. */
export class RangedKernel {
  readonly #input: RowInput;
  readonly #make: (facts: ColumnFacts) => CompiledKernel;
  readonly #host: KernelHost | null;
  readonly #variants = new Map<string, CompiledKernel>();
  /** Columns of the last batch: the bounds of batches of one row group are one object. */
  #last: readonly Column[] = [];
  #current: CompiledKernel | null = null;

  /**
   * @param host of kernels `(header, from)` with a header of stored values, over the rows that pass the filter; null:
   * headers have plain values, and kernels the filter in their loop
   */
  constructor(input: RowInput, make: (facts: ColumnFacts) => CompiledKernel, host: KernelHost | null = null) {
    this.#input = input;
    this.#make = make;
    this.#host = host;
  }

  /** The kernel for a batch. */
  for(batch: Batch): CompiledKernel {
    if (this.#current !== null && batch.columns.every((column, i) => isAlike(column, this.#last[i]!))) {
      return this.#current;
    }
    const stored = this.#host === null ? NOTHING_KNOWN.stored : storageOf(batch);
    const facts = this.#input.factsOf(batch, stored);
    const mostlyUnknown = { ...NOTHING_KNOWN, stored };
    const known = this.#variants.get(keyOf(facts));
    const kernel = known ?? this.#variant(this.#variants.size < MOST_VARIANTS ? facts : mostlyUnknown);
    this.#last = batch.columns;
    this.#current = kernel;
    return kernel;
  }

  #variant(facts: ColumnFacts): CompiledKernel {
    const key = keyOf(facts);
    const kernel = this.#variants.get(key) ?? this.#input.kernel(this.#make, facts, this.#host);
    this.#variants.set(key, kernel);
    return kernel;
  }
}

function keyOf({ ranges, withoutNulls, stored }: ColumnFacts): string {
  const storage = [...stored].map(([column, { width, dictionary }]) => `${column}:${width}:${dictionary}`);
  return `${[...ranges].map(([column, range]) => `${column}:${range}`)};${[...withoutNulls]};${storage}`;
}

function storageOf(batch: Batch): ReadonlyMap<number, Storage> {
  return new Map(batch.columns.flatMap(({ stored }, i) => (stored === undefined ? [] : [[i, stored] as const])));
}

function isAlike(column: Column, other: Column): boolean {
  const [a, b] = [column.stored, other.stored];
  const sameStorage = a === b || (a?.width === b?.width && a?.dictionary === b?.dictionary);
  return sameStorage && sameBounds(column, other) && (column.validity === 0) === (other.validity === 0);
}

function sameBounds({ bounds: a }: Column, { bounds: b }: Column): boolean {
  return a === b || (a !== undefined && b !== undefined && a[0] === b[0] && a[1] === b[1]);
}

/** Whether an operator can take this Calc in, and so compute a column twice for a row, or never. */
export function isFusable(params: CalcParams): boolean {
  return (params.condition === null || isDeterministic(params.condition)) && params.projection.every(isDeterministic);
}
