/**
 * Materialises a changelog: what a table holds after its changes. Without a key +I and +U add a row, -U and -D take
 * away the first equal one; with a key +I and +U put the row of that key, -U and -D remove it. What is not there is
 * not missed.
 */
import type { DataType } from '../types/data-type.ts';
import { isAccumulate, type RowKind } from '../types/row-kind.ts';
import { type Value, valueKey } from '../types/value.ts';

export type Row = readonly Value[];

export interface Change {
  readonly kind: RowKind;
  readonly row: Row;
}

/** A string that two rows share exactly if they are equal, as in DISTINCT. */
export function rowKey(row: Row, types: readonly DataType[]): string {
  return types.map((type, i) => valueKey(row[i] ?? null, type)).join('|');
}

export class ChangelogView {
  readonly #types: readonly DataType[];
  readonly #key: readonly number[] | null;
  readonly #rows = new Map<number, Row>();
  /** Numbers in `#rows` by key, oldest first. */
  readonly #numbers = new Map<string, number[]>();
  #next = 0;

  /** @param key column indices, or null */
  constructor(types: readonly DataType[], key: readonly number[] | null) {
    this.#types = key === null ? types : key.map((column) => types[column] as DataType);
    this.#key = key;
  }

  apply({ kind, row }: Change): void {
    const identity = this.#key === null ? row : this.#key.map((column) => row[column] ?? null);
    const key = rowKey(identity, this.#types);
    const numbers = this.#numbers.get(key) ?? [];
    if (isAccumulate(kind)) {
      if (this.#key !== null && numbers.length > 0) {
        this.#rows.set(numbers[0] as number, row);
        return;
      }
      this.#rows.set(this.#next, row);
      numbers.push(this.#next++);
      this.#numbers.set(key, numbers);
      return;
    }
    const oldest = numbers.shift();
    if (oldest === undefined) return;
    this.#rows.delete(oldest);
    if (numbers.length === 0) this.#numbers.delete(key);
  }

  get rowCount(): number {
    return this.#rows.size;
  }

  /** The rows, oldest first. */
  rows(): readonly Row[] {
    return [...this.#rows.values()];
  }
}

/** The rows that a changelog comes to. */
export function materialize(
  changes: Iterable<Change>,
  types: readonly DataType[],
  key: readonly number[] | null = null,
): readonly Row[] {
  const view = new ChangelogView(types, key);
  for (const change of changes) view.apply(change);
  return view.rows();
}
