/** Columns of records that are built value by value: what a part has to be is said by the type of its column. */
import { unreachable } from '../../base/assert.ts';
import type { RecordColumn } from './record-column.ts';
import type { RecordColumnType } from './record-shape.ts';

export abstract class ColumnBuilder {
  #nulls: Uint8Array | null = null;
  readonly #rows: number;

  constructor(rows: number) {
    this.#rows = rows;
  }

  /** Rows come in order. @returns false if the value is not of the type: the row has null then */
  abstract put(row: number, value: unknown): boolean;

  putNull(row: number): void {
    this.#nulls ??= new Uint8Array(this.#rows);
    this.#nulls[row] = 1;
  }

  /** @param fits gets 0 for records that turn out not to fit */
  abstract finish(fits: Uint8Array): RecordColumn;

  protected get nulls(): Uint8Array | null {
    return this.#nulls;
  }

  /** What is no value of the type is null. */
  protected putOther(row: number, value: unknown): boolean {
    this.putNull(row);
    return value === null;
  }
}

export function columnBuilder(type: RecordColumnType, rows: number): ColumnBuilder {
  switch (type) {
    case 'number':
      return new NumberBuilder(rows);
    case 'string':
      return new StringBuilder(rows);
    case 'boolean':
      return new BooleanBuilder(rows);
    case 'bigint':
      return new BigintBuilder(rows);
    case 'date':
      return new DateBuilder(rows);
    case 'plain':
      return new PlainBuilder(rows);
    default:
      return unreachable(type);
  }
}

class NumberBuilder extends ColumnBuilder {
  readonly #values: Float64Array;

  constructor(rows: number) {
    super(rows);
    this.#values = new Float64Array(rows);
  }

  override put(row: number, value: unknown): boolean {
    if (typeof value !== 'number') return this.putOther(row, value);
    this.#values[row] = value;
    return true;
  }

  override finish(): RecordColumn {
    return { type: 'number', values: this.#values, nulls: this.nulls };
  }
}

class DateBuilder extends ColumnBuilder {
  readonly #values: Float64Array;

  constructor(rows: number) {
    super(rows);
    this.#values = new Float64Array(rows);
  }

  override put(row: number, value: unknown): boolean {
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) return this.putOther(row, value);
    this.#values[row] = value.getTime();
    return true;
  }

  override finish(): RecordColumn {
    return { type: 'date', values: this.#values, nulls: this.nulls };
  }
}

class BooleanBuilder extends ColumnBuilder {
  readonly #values: Uint8Array;

  constructor(rows: number) {
    super(rows);
    this.#values = new Uint8Array(rows);
  }

  override put(row: number, value: unknown): boolean {
    if (typeof value !== 'boolean') return this.putOther(row, value);
    this.#values[row] = Number(value);
    return true;
  }

  override finish(): RecordColumn {
    return { type: 'boolean', values: this.#values, nulls: this.nulls };
  }
}

class BigintBuilder extends ColumnBuilder {
  readonly #values: BigInt64Array;

  constructor(rows: number) {
    super(rows);
    this.#values = new BigInt64Array(rows);
  }

  override put(row: number, value: unknown): boolean {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) return this.putOther(row, value);
    this.#values[row] = value;
    return true;
  }

  override finish(): RecordColumn {
    return { type: 'bigint', values: this.#values, nulls: this.nulls };
  }
}

class PlainBuilder extends ColumnBuilder {
  readonly #values: unknown[];

  constructor(rows: number) {
    super(rows);
    this.#values = new Array<unknown>(rows).fill(null);
  }

  /** Nothing stands for undefined. */
  override put(row: number, value: unknown): boolean {
    if (value === null || value === undefined) return value === null;
    this.#values[row] = value;
    return true;
  }

  override finish(): RecordColumn {
    return { type: 'plain', values: this.#values };
  }
}

class StringBuilder extends ColumnBuilder {
  readonly #parts: string[];
  readonly #ends: Uint32Array;
  #end = 0;

  constructor(rows: number) {
    super(rows);
    this.#parts = new Array<string>(rows).fill('');
    this.#ends = new Uint32Array(rows);
  }

  override put(row: number, value: unknown): boolean {
    if (typeof value !== 'string') return this.putOther(row, value);
    this.#parts[row] = value;
    this.#end += value.length;
    this.#ends[row] = this.#end;
    return true;
  }

  override putNull(row: number): void {
    super.putNull(row);
    this.#ends[row] = this.#end;
  }

  /** Half a pair of surrogates has no form in UTF-8. */
  override finish(fits: Uint8Array): RecordColumn {
    const text = this.#parts.join('');
    if (SURROGATE.test(text) && this.#dropHalves(fits)) return this.finish(fits);
    return { type: 'string', text, ends: this.#ends, nulls: this.nulls };
  }

  /** @returns true if there was one */
  #dropHalves(fits: Uint8Array): boolean {
    let dropped = 0;
    for (const [row, part] of this.#parts.entries()) {
      if (LONE_SURROGATE.test(part)) {
        fits[row] = 0;
        super.putNull(row);
        this.#parts[row] = '';
        dropped += part.length;
      }
      this.#ends[row]! -= dropped;
    }
    return dropped > 0;
  }
}

const SURROGATE = /[\ud800-\udfff]/;
const LONE_SURROGATE = /\p{Surrogate}/u;
