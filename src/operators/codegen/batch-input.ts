/** Reading a batch in a kernel: the addresses of the columns in locals, and column `i` of row `r` as an operand. */
import { HEADER, type Storage } from '../../columnar/batch.ts';
import { type PhysicalType, physicalType, WIDTH } from '../../columnar/physical.ts';
import { loadValue } from '../../expr/compile/memory.ts';
import { type Operand, operand, type Range } from '../../expr/compile/operand.ts';
import { conditional, type I32, type I64, i32, i64, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { Expression } from '../../kernel/ir.ts';
import type { DataType } from '../../types/data-type.ts';

const SHIFT: Readonly<Record<number, number>> = { 1: 0, 2: 1, 4: 2, 8: 3, 16: 4 };

/** Byte offset of row `row` in a column of the physical type. */
export function rowOffset(physical: PhysicalType, row: I32): I32 {
  return i32.shl(row, i32.const(SHIFT[WIDTH[physical]]!));
}

/** What a kernel over rows, which may stop before one, gives when it has seen them all: more than any batch has. */
export const ALL_ROWS = 0x7fffffff;

/** Whether a RowKind is -U or -D: the odd ones. */
export function isRetraction(kind: I32): I32 {
  return i32.and(kind, i32.const(1));
}

function loadStored(at: I32, physical: PhysicalType, width: Storage['width']): Expression {
  if (physical === 'i64') return width === 1 ? i64.load8_s(at) : width === 2 ? i64.load16_s(at) : i64.load32_s(at);
  return width === 1 ? i32.load8_s(at) : i32.load16_s(at);
}

/** What is known of the columns of a batch, and so of all batches that a kernel made for it may see. */
export interface ColumnFacts {
  /** By column. */
  readonly ranges: ReadonlyMap<number, Range>;
  /** Nullable columns without NULLs. */
  readonly withoutNulls: ReadonlySet<number>;
  /** Columns whose header gives values as they are stored. */
  readonly stored: ReadonlyMap<number, Storage>;
  /** Address of the list of rows to look at (row-selection.ts); left out: all that pass the filter. */
  readonly selection?: I32;
}
export const NOTHING_KNOWN: ColumnFacts = { ranges: new Map(), withoutNulls: new Set(), stored: new Map() };

export class BatchInput {
  readonly rowCount: Variable<'i32'>;
  readonly #f: FunctionBuilder;
  readonly #types: readonly DataType[];
  readonly #values = new Map<number, Variable<'i32'>>();
  readonly #validity = new Map<number, Variable<'i32'>>();
  readonly #kinds: Variable<'i32'> | null;
  readonly #ranges: ReadonlyMap<number, Range>;
  readonly #stored: ReadonlyMap<number, Storage>;

  /**
   * Emits the loads of the header at the current place, which must be outside the loop over rows.
   *
   * @param used the columns that will be read
   * @param facts what is known of the columns of every batch that the kernel will see
   */
  constructor(
    f: FunctionBuilder,
    header: I32,
    types: readonly DataType[],
    used: Iterable<number>,
    withKinds: boolean,
    facts: ColumnFacts = NOTHING_KNOWN,
  ) {
    this.#f = f;
    this.#types = types;
    this.#ranges = facts.ranges;
    this.#stored = facts.stored;
    this.rowCount = f.let('n', i32.load(header, HEADER.rowCount));
    this.#kinds = withKinds ? f.let('kinds', i32.load(header, HEADER.kinds)) : null;
    for (const column of new Set(used)) {
      const at = HEADER.columns + column * HEADER.columnStride;
      this.#values.set(column, f.let(`v${column}`, i32.load(header, at)));
      if (!types[column]!.nullable || facts.withoutNulls.has(column)) continue;
      this.#validity.set(column, f.let(`ok${column}`, i32.load(header, at + 4)));
    }
  }

  /** RowKind of a row; +I where the batch carries none. */
  kind(row: I32): I32 {
    if (this.#kinds === null) return i32.const(0);
    return conditional(this.#kinds, i32.load8_u(i32.add(this.#kinds, row)), i32.const(0));
  }

  /** Address of the first value of a used column. */
  valuesOf(column: number): I32 {
    return this.#values.get(column)!;
  }

  /** Address of its validity bytes; null if it has no NULLs. */
  validityOf(column: number): I32 | null {
    return this.#validity.get(column) ?? null;
  }

  /** How a column is stored; undefined: as its type is. */
  storageOf(column: number): Storage | undefined {
    return this.#stored.get(column);
  }

  column(column: number, row: I32): Operand {
    const type = this.#types[column]!;
    const physical = physicalType(type);
    const validity = this.#validity.get(column);
    const valid = validity === undefined ? null : i32.load8_u(i32.add(validity, row));
    const range = this.#ranges.get(column);
    const storage = this.#stored.get(column);
    if (storage !== undefined) {
      const at = i32.add(this.#values.get(column)!, i32.shl(row, i32.const(SHIFT[storage.width]!)));
      if (storage.dictionary === 0) return operand(type, loadStored(at, physical, storage.width), valid, null, range);
      const code = this.#f.let('code', i32.load8_u(at));
      const view = i64.load(i32.add(i32.address(storage.dictionary), i32.shl(code, i32.const(3))));
      return { ...operand(type, view, valid), code };
    }
    const address = this.#f.let('at', i32.add(this.#values.get(column)!, rowOffset(physical, row)));
    const narrow = range !== undefined && range[0] >= -(2n ** 63n) && range[1] < 2n ** 63n;
    const high: I64 | null = physical === 'i128' && !narrow ? i64.load(address, 8) : null;
    return operand(type, loadValue(physical, address), valid, high, range);
  }
}
