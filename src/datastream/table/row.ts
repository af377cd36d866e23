/** A row of a table in a program: values by name or by number, and what it does to the table. Flink: Row. */
import { ROW_KIND_SHORT, RowKind } from '../../types/row-kind.ts';
import { printValue } from '../print-value.ts';

export class Row {
  readonly kind: RowKind;
  readonly values: readonly unknown[];
  /** Names of the fields; null: they have only numbers. */
  readonly names: readonly string[] | null;

  private constructor(kind: RowKind, values: readonly unknown[], names: readonly string[] | null) {
    this.kind = kind;
    this.values = values;
    this.names = names;
  }

  static of(...values: readonly unknown[]): Row {
    return new Row(RowKind.INSERT, values, null);
  }

  static ofKind(kind: RowKind, ...values: readonly unknown[]): Row {
    return new Row(kind, values, null);
  }

  static withNames(kind: RowKind, names: readonly string[], values: readonly unknown[]): Row {
    return new Row(kind, values, names);
  }

  /** undefined if there is no such field. */
  getField(field: string | number): unknown {
    return this.values[typeof field === 'number' ? field : (this.names?.indexOf(field) ?? -1)];
  }

  /** `+I[Berlin, 3]` */
  toString(): string {
    return `${ROW_KIND_SHORT[this.kind]}[${this.values.map((value) => printValue(value)).join(', ')}]`;
  }
}
